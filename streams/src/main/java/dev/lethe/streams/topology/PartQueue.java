package dev.lethe.streams.topology;

import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.state.KeyValueStore;

/** The logged queue of parts that a shard has not finished, with a cursor for each. */
final class PartQueue {
    private final KeyValueStore<String, SpecificRecord> store;
    private long first = Long.MAX_VALUE;
    private long next = 1;

    PartQueue(KeyValueStore<String, SpecificRecord> store) {
        this.store = store;
        try (var all = store.all()) {
            all.forEachRemaining(entry -> {
                if (entry.value instanceof PartCursor cursor) {
                    first = Math.min(first, cursor.getSequence());
                    next = Math.max(next, cursor.getSequence() + 1);
                }
            });
        }
    }

    boolean isEmpty() {
        return first >= next;
    }

    long next() {
        return next;
    }

    void add(Part part, PartCursor cursor) {
        first = Math.min(first, cursor.getSequence());
        next = cursor.getSequence() + 1;
        store.put(key("part", cursor.getSequence()), part);
        advance(cursor);
    }

    Part head() {
        return (Part) store.get(key("part", first));
    }

    PartCursor headCursor() {
        return (PartCursor) store.get(key("cursor", first));
    }

    void advance(PartCursor cursor) {
        store.put(key("cursor", cursor.getSequence()), cursor);
    }

    void remove(long sequence) {
        store.delete(key("part", sequence));
        store.delete(key("cursor", sequence));
        first = sequence + 1;
    }

    private static String key(String kind, long sequence) {
        return kind + "/" + sequence;
    }
}
