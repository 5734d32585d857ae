package dev.lethe.streams.topology;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * A store whose writes are held back until the end of the transaction: of several writes to a key only the last reaches
 * the store and its changelog, and what was put and deleted in one transaction reaches neither. They go to the store as
 * one batch in the order of their keys, which costs it less than one by one: neighbours are found from each other.
 */
final class HeldStore<V> {
    private final KeyValueStore<String, V> store;
    private final int most;
    /** Null: to be deleted. */
    private final Map<String, V> held = new HashMap<>();
    /** Held keys that the store does not have. */
    private final Set<String> fresh = new HashSet<>();

    /** @param most writes that are held back */
    HeldStore(KeyValueStore<String, V> store, int most) {
        this.store = store;
        this.most = most;
    }

    /** The value that was put last; null: there is none. */
    V get(String key) {
        V value = held.get(key);
        return value != null || held.containsKey(key) ? value : store.get(key);
    }

    void put(String key, V value) {
        held.put(key, value);
        writeIfFull();
    }

    /** Puts under a key that has no value now. */
    void putNew(String key, V value) {
        if (held.put(key, value) == null) {
            fresh.add(key);
        }
        writeIfFull();
    }

    void delete(String key) {
        if (fresh.remove(key)) {
            held.remove(key);
        } else {
            put(key, null);
        }
    }

    private void writeIfFull() {
        if (held.size() >= most) {
            flush();
        }
    }

    /** Writes what is held back. */
    void flush() {
        if (held.isEmpty()) {
            return;
        }
        List<KeyValue<String, V>> writes = new ArrayList<>(held.size());
        // A null deletes; the store's own delete reads what was there first.
        held.forEach((key, value) -> writes.add(KeyValue.pair(key, value)));
        writes.sort((a, b) -> a.key.compareTo(b.key));
        store.putAll(writes);
        held.clear();
        fresh.clear();
    }
}
