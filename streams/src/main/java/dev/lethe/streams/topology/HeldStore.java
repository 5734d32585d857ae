package dev.lethe.streams.topology;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
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
    /** As the store has them. */
    private final Map<String, V> recent;

    private final Predicate<V> remember;

    HeldStore(KeyValueStore<String, V> store) {
        this(store, 0, value -> false);
    }

    /**
     * The same with some values at hand that were written lately, so that they need not be read and decoded.
     *
     * @param most how many; the oldest go first
     * @param remember which will be asked for again
     */
    HeldStore(KeyValueStore<String, V> store, int most, Predicate<V> remember) {
        this.store = store;
        this.remember = remember;
        this.recent = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > most;
            }
        };
    }

    V get(String key) {
        V value = held.get(key);
        if (value != null || held.containsKey(key)) {
            return value;
        }
        V known = recent.get(key);
        return known != null ? known : store.get(key);
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
        held.forEach((key, value) -> {
            store.put(key, value);
            if (value != null && remember.test(value)) {
                recent.put(key, value);
            } else {
                recent.remove(key);
            }
        });
        held.clear();
        fresh.clear();
    }
}
