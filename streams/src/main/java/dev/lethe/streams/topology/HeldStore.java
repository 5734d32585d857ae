package dev.lethe.streams.topology;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * A store whose writes are held back until the end of the transaction: of several writes to a key only the last reaches
 * the store and its changelog, and what was put and deleted in one transaction reaches neither.
 */
final class HeldStore<V> {
    private final KeyValueStore<String, V> store;
    /** Null: to be deleted. */
    private final Map<String, V> held = new LinkedHashMap<>();
    /** Held keys that the store does not have. */
    private final Set<String> fresh = new HashSet<>();

    HeldStore(KeyValueStore<String, V> store) {
        this.store = store;
    }

    void put(String key, V value) {
        held.put(key, value);
    }

    /** Puts under a key that has no value now. */
    void putNew(String key, V value) {
        if (held.put(key, value) == null) {
            fresh.add(key);
        }
    }

    void delete(String key) {
        if (fresh.remove(key)) {
            held.remove(key);
        } else {
            held.put(key, null);
        }
    }

    /** Writes what is held back. */
    void flush() {
        // A null deletes; the store's own delete reads what was there first.
        held.forEach(store::put);
        held.clear();
        fresh.clear();
    }
}
