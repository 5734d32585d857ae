package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * A bounded sample of the training rows that stands for the curvature of all of them: priority sampling (Duffield, Lund
 * and Thorup 2007) by each row's own curvature. A trained network is sure of most rows, and those have next to none: a
 * sample that takes all rows alike misses the few that count.
 *
 * <p>Which rows are in it depends on ids, importances and the seed only, not on their order. A row that is forgotten
 * leaves at once, and its place stays empty until another is offered. Not thread-safe.
 */
public final class CurvatureSample {

    private static final long MIX = 0x9E3779B97F4A7C15L;
    /** Rows below this share of the mean importance count as that much, so that no weight gets out of hand. */
    private static final double FLOOR = 0.05;

    private static final double UNIT = 0x1.0p-53;

    private final int capacity;
    private final long seed;
    private final Map<String, Entry> entries = new HashMap<>();
    private final TreeSet<Entry> byPriority =
            new TreeSet<>(Comparator.comparingDouble(Entry::priority).thenComparing(Entry::id));
    /** The largest priority that was turned away or thrown out: what stayed stands for what did not. */
    private double threshold;

    private record Entry(String id, Row row, double importance, double priority) {}

    /** @param capacity rows kept at most, above 0 */
    public CurvatureSample(int capacity, long seed) {
        if (capacity < 1) {
            throw new IllegalArgumentException("curvature sample: expected a capacity of at least 1, got " + capacity);
        }
        this.capacity = capacity;
        this.seed = seed;
    }

    /**
     * The sample of a training set at a trained network.
     *
     * @param ids one per row
     */
    public static CurvatureSample of(Network network, List<String> ids, List<Row> rows, int capacity, long seed) {
        CurvatureSample sample = new CurvatureSample(capacity, seed);
        double[] importance = network.curvatures(rows);
        double mean = 0;
        for (double one : importance) {
            mean += one / importance.length;
        }
        for (int i = 0; i < importance.length; i++) {
            sample.put(ids.get(i), rows.get(i), Math.max(importance[i], FLOOR * mean));
        }
        return sample;
    }

    /** Offers a row, or its new content. @param importance above 0: proportional to its share of the curvature */
    public void put(String id, Row row, double importance) {
        remove(id);
        Entry entry = new Entry(id, row, importance, importance / uniform(id));
        if (entry.priority <= threshold) {
            return;
        }
        entries.put(id, entry);
        byPriority.add(entry);
        if (byPriority.size() > capacity) {
            Entry least = byPriority.pollFirst();
            entries.remove(least.id);
            threshold = least.priority;
        }
    }

    /** Offers new content of a row, with the importance that it had; nothing if it is not here. */
    public void replace(String id, Row row) {
        Entry known = entries.get(id);
        if (known != null) {
            put(id, row, known.importance);
        }
    }

    /** Forgets a row, if it is here. */
    public void remove(String id) {
        Entry known = entries.remove(id);
        if (known != null) {
            byPriority.remove(known);
        }
    }

    /** The same sample of two parts of a training set as of both together. @param other Not modified. */
    void add(CurvatureSample other) {
        threshold = Math.max(threshold, other.threshold);
        byPriority.removeIf(entry -> entry.priority <= threshold && entries.remove(entry.id) != null);
        other.byPriority.forEach(entry -> put(entry.id, entry.row, entry.importance));
    }

    void write(DataOutputStream out) throws IOException {
        out.writeDouble(threshold);
        out.writeInt(byPriority.size());
        for (Entry entry : byPriority) {
            out.writeDouble(entry.importance);
            RowCodec.writeRow(out, new KeyedRow(entry.id, entry.row));
        }
    }

    /** Offers what {@link #write} wrote of another part. */
    void read(DataInputStream in) throws IOException {
        CurvatureSample other = new CurvatureSample(capacity, seed);
        double before = in.readDouble();
        for (int left = in.readInt(); left > 0; left--) {
            double importance = in.readDouble();
            KeyedRow row = RowCodec.readRow(in);
            other.put(row.key(), row.row(), importance);
        }
        other.threshold = before;
        add(other);
    }

    /** Rows that are here. */
    int size() {
        return entries.size();
    }

    /** With weights times what each stands for, in the order of their priorities: the same rows, the same order. */
    public List<Row> rows() {
        List<Row> rows = new ArrayList<>(entries.size());
        for (Entry entry : byPriority) {
            double stands = Math.max(1, threshold / entry.importance);
            Row row = entry.row;
            rows.add(new Row(row.x(), row.y(), stands * row.weight()));
        }
        return rows;
    }

    /** In (0, 1], the same for the same id. */
    private double uniform(String id) {
        CRC32C crc = new CRC32C();
        crc.update(id.getBytes(StandardCharsets.UTF_8));
        // The second half tells apart what the checksum does not.
        long h = mixed((crc.getValue() << 32 | id.hashCode() & 0xFFFFFFFFL) ^ mixed(seed));
        return ((h >>> 11) + 1) * UNIT;
    }

    private static long mixed(long value) {
        long h = (value ^ value >>> 30) * MIX;
        h = (h ^ h >>> 27) * MIX;
        return h ^ h >>> 31;
    }
}
