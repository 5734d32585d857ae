package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.SettleUntil;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.state.KeyValueStore;

/** Which requests a model still owes a notice, and which shards have told it all they have of each. */
final class RequestTallies {
    private static final Comparator<RequestTally> BY_COORDINATES = Comparator.comparingInt(
                    RequestTally::getRequestPartition)
            .thenComparingLong(RequestTally::getRequestOffset);

    private static final int MOST_HELD = 16_384;

    private final HeldStore<RequestTally> store;
    private final String prefix;
    private final Homes homes;
    /** Requests that some shards have not answered. */
    private final Map<String, RequestTally> open = new HashMap<>();
    /** Requests that wait only for a version, in the order in which their last shard was done. */
    private final Map<String, RequestTally> waiting = new LinkedHashMap<>();

    RequestTallies(KeyValueStore<String, RequestTally> store, String modelId, int shards) {
        this.store = new HeldStore<>(store, MOST_HELD);
        this.prefix = modelId + "/";
        this.homes = new Homes(shards);
        try (var all = store.prefixScan(prefix, new StringSerializer())) {
            all.forEachRemaining(e -> remember(e.value));
        }
    }

    private void remember(RequestTally tally) {
        (complete(tally) ? waiting : open).put(tally.getRequestId(), tally);
    }

    /** Counts a shard's answer to a request: one of its changes, its last word, or both. */
    void count(Change answer, long tailLast) {
        String id = answer.getRequestId();
        if (waiting.containsKey(id)) {
            return;
        }
        RequestTally known = open.remove(id);
        RequestTally counted = counted(known == null ? begin(answer) : known, answer, tailLast);
        remember(counted);
        if (known == null) {
            store.putNew(prefix + id, counted);
        } else {
            store.put(prefix + id, counted);
        }
    }

    private static RequestTally begin(Change answer) {
        return new RequestTally(
                answer.getRequestId(),
                answer.getRequestPartition(),
                List.of(),
                null,
                -1L,
                answer.getRequestOffset(),
                -1L,
                false,
                answer.getAddressed());
    }

    private RequestTally counted(RequestTally known, Change answer, long tailLast) {
        boolean done = answer.getPartDone();
        boolean change = answer.getBefore() != null || answer.getAfter() != null;
        List<Integer> seen = done ? plus(known.getShards(), answer.getShard()) : known.getShards();
        int asked = homes.asked(known.getAddressed());
        return new RequestTally(
                known.getRequestId(),
                known.getRequestPartition(),
                seen,
                done ? answer.getUntil() : known.getUntil(),
                done && seen.size() == asked ? tailLast : -1,
                known.getRequestOffset(),
                change && known.getFirstChange() < 0 ? tailLast : known.getFirstChange(),
                known.getListed(),
                known.getAddressed());
    }

    private static List<Integer> plus(List<Integer> shards, int shard) {
        if (shards.contains(shard)) {
            return shards;
        }
        List<Integer> all = new ArrayList<>(shards);
        all.add(shard);
        return all;
    }

    private static boolean complete(RequestTally tally) {
        return tally.getThrough() >= 0;
    }

    /** Writes what is still open; the end of a transaction. */
    void flush() {
        store.flush();
    }

    /** Complete requests that wait only for a version. */
    boolean anyWaiting() {
        return !waiting.isEmpty();
    }

    boolean anyWaitsForSettling() {
        return waiting.values().stream().anyMatch(t -> t.getUntil() == SettleUntil.SETTLED);
    }

    /**
     * The requests with changes in the version that is being published and in none before it, complete or not, in the order
     * of their offsets; each is listed once.
     *
     * @param through tail number of the last change that the version holds
     */
    List<RequestTally> list(long through) {
        List<RequestTally> fresh = Stream.concat(waiting.values().stream(), open.values().stream())
                .filter(t -> !t.getListed() && t.getFirstChange() >= 0 && t.getFirstChange() <= through)
                .sorted(BY_COORDINATES)
                .toList();
        for (RequestTally tally : fresh) {
            RequestTally listed = listed(tally);
            (complete(tally) ? waiting : open).put(tally.getRequestId(), listed);
            store.put(prefix + tally.getRequestId(), listed);
        }
        return fresh;
    }

    /** Shares the list of shards: a builder would copy it. */
    private static RequestTally listed(RequestTally tally) {
        return new RequestTally(
                tally.getRequestId(),
                tally.getRequestPartition(),
                tally.getShards(),
                tally.getUntil(),
                tally.getThrough(),
                tally.getRequestOffset(),
                tally.getFirstChange(),
                true,
                tally.getAddressed());
    }

    /** Removes and returns the complete ones that meet a condition, in the order in which they were complete. */
    List<RequestTally> remove(Predicate<RequestTally> which) {
        List<RequestTally> removed = waiting.values().stream().filter(which).toList();
        for (RequestTally tally : removed) {
            waiting.remove(tally.getRequestId());
            store.delete(prefix + tally.getRequestId());
        }
        return removed;
    }
}
