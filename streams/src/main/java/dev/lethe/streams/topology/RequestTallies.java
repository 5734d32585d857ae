package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.SettleUntil;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.state.KeyValueStore;

/** Which requests a model still owes a notice, and how many shards have told it all they have of each. */
final class RequestTallies {
    private final KeyValueStore<String, RequestTally> store;
    private final String prefix;
    private final int shards;
    private final Map<String, RequestTally> tallies = new LinkedHashMap<>();

    RequestTallies(KeyValueStore<String, RequestTally> store, String modelId, int shards) {
        this.store = store;
        this.prefix = modelId + "/";
        this.shards = shards;
        try (var all = store.prefixScan(prefix, new StringSerializer())) {
            all.forEachRemaining(e -> tallies.put(e.value.getRequestId(), e.value));
        }
    }

    /** Counts a shard's last answer to a request. Returns whether it was the last shard. */
    boolean done(Change last, long tailLast) {
        String id = last.getRequestId();
        RequestTally tally = tallies.computeIfAbsent(
                id,
                key -> RequestTally.newBuilder()
                        .setRequestId(key)
                        .setRequestPartition(last.getRequestPartition())
                        .setRequestOffset(last.getRequestOffset())
                        .setShards(List.of())
                        .setUntil(last.getUntil())
                        .setThrough(-1)
                        .build());
        List<Integer> seen = new ArrayList<>(tally.getShards());
        if (!seen.contains(last.getShard())) {
            seen.add(last.getShard());
        }
        boolean complete = seen.size() == shards;
        put(RequestTally.newBuilder(tally)
                .setShards(seen)
                .setThrough(complete ? tailLast : -1)
                .build());
        return complete;
    }

    private void put(RequestTally tally) {
        tallies.put(tally.getRequestId(), tally);
        store.put(prefix + tally.getRequestId(), tally);
    }

    static boolean complete(RequestTally tally) {
        return tally.getThrough() >= 0;
    }

    /** Complete requests that wait only for a version. */
    boolean anyWaiting() {
        return tallies.values().stream().anyMatch(RequestTallies::complete);
    }

    boolean anyWaitsForSettling() {
        return tallies.values().stream().anyMatch(t -> complete(t) && t.getUntil() == SettleUntil.SETTLED);
    }

    /** The complete ones whose last change has a tail number after the first and up to the second. */
    List<RequestTally> held(long after, long through) {
        return tallies.values().stream()
                .filter(t -> complete(t) && t.getThrough() > after && t.getThrough() <= through)
                .toList();
    }

    /** Removes and returns the complete ones that meet a condition, in the order in which they began. */
    List<RequestTally> remove(Predicate<RequestTally> which) {
        List<RequestTally> removed = tallies.values().stream()
                .filter(RequestTallies::complete)
                .filter(which)
                .toList();
        for (RequestTally tally : removed) {
            tallies.remove(tally.getRequestId());
            store.delete(prefix + tally.getRequestId());
        }
        return removed;
    }
}
