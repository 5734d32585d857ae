package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A bounded sample of the training rows that stands for all of them in a patch. Which rows are in it depends on their ids
 * and the seed only, not on their order: the smallest hashes stay. A row that is forgotten leaves it at once, and its
 * place stays empty until another row arrives. Not thread-safe.
 */
public final class CurvatureSample {

    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final int capacity;
    private final long seed;
    private final TreeMap<Long, String> byHash = new TreeMap<>();
    private final Map<String, Row> rows = new HashMap<>();

    /** @param capacity rows kept at most, above 0 */
    public CurvatureSample(int capacity, long seed) {
        if (capacity < 1) {
            throw new IllegalArgumentException("curvature sample: expected a capacity of at least 1, got " + capacity);
        }
        this.capacity = capacity;
        this.seed = seed;
    }

    /** Offers a row, or its new content. */
    public void put(String id, Row row) {
        long hash = hash(id);
        boolean known = rows.containsKey(id);
        if (!known && rows.size() == capacity) {
            if (hash >= byHash.lastKey()) {
                return;
            }
            rows.remove(byHash.pollLastEntry().getValue());
        }
        byHash.put(hash, id);
        rows.put(id, row);
    }

    /** Forgets a row, if it is here. */
    public void remove(String id) {
        if (rows.remove(id) != null) {
            byHash.remove(hash(id));
        }
    }

    /** In the order of their hashes: the same rows, the same order. */
    public List<Row> rows() {
        List<Row> all = new ArrayList<>(rows.size());
        byHash.values().forEach(id -> all.add(rows.get(id)));
        return all;
    }

    private long hash(String id) {
        byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        // The second half tells apart what the checksum does not.
        long h = (crc.getValue() << 32 | id.hashCode() & 0xFFFFFFFFL) ^ seed * MIX;
        h = (h ^ h >>> 32) * MIX;
        return h ^ h >>> 29;
    }
}
