package dev.lethe.streams.topology;

import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.store.RowBudget;
import dev.lethe.streams.store.RowCache;
import dev.lethe.streams.store.RowCut;
import dev.lethe.streams.store.ShardRows;
import dev.lethe.unlearn.objective.RowMapper;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** A shard's rows with their subject index, and what was erased and must stay out. */
final class ShardStores implements AutoCloseable {
    private static final String SECRET = "secret";
    private static final String HOME = "home";
    private static final byte[] NOTHING = {};
    /** Separates subject from sample in an index key; refused in ids, so that no subject is another's prefix. */
    static final char SEPARATOR = '\0';

    private static final int MOST_ROWS_HELD = 256;
    /** Bytes of features from which on a row is not held back. */
    private static final int LARGE = 16 << 10;

    private static final int MOST_MARKS_HELD = 4_096;

    private final KeyValueStore<String, StoredSample> written;
    private final HeldStore<StoredSample> samples;
    private final KeyValueStore<String, byte[]> subjects;
    private final HeldStore<byte[]> suppressed;
    private final StoredRows stored = new StoredRows();
    private final RowCache cache;
    private KeyedHash secret;
    private Watcher watcher = (dataset, sampleId) -> {};

    /** Hears of rows that are not any more what they were. */
    interface Watcher {
        void changed(String dataset, String sampleId);
    }

    ShardStores(ProcessorContext<?, ?> context, RowBudget budget) {
        written = context.getStateStore(Nodes.SAMPLES);
        samples = new HeldStore<>(written, MOST_ROWS_HELD);
        subjects = context.getStateStore(Nodes.SUBJECTS);
        suppressed = new HeldStore<>(context.getStateStore(Nodes.SUPPRESSED), MOST_MARKS_HELD);
        cache = new RowCache(stored, budget);
    }

    private final class StoredRows implements ShardRows {
        @Override
        public StoredSample get(String key) {
            return samples.get(key);
        }

        /** The iterator is a snapshot of the store. */
        @Override
        public KeyValueIterator<String, StoredSample> scan(String dataset, String from) {
            String prefix = dataset + "/";
            // '/' + 1 is the first key behind all keys that start with the prefix; no sample has it.
            String end = dataset + (char) ('/' + 1);
            samples.flush();
            return from == null || from.compareTo(prefix) < 0
                    ? written.prefixScan(prefix, new StringSerializer())
                    : written.range(from, end);
        }
    }

    StoredSample get(String dataset, String sampleId) {
        String key = Topics.sampleKey(dataset, sampleId);
        StoredSample inMemory = cache.get(dataset, key);
        return inMemory != null ? inMemory : samples.get(key);
    }

    /** Stores a row in place of {@code before}, which may be null. */
    void put(String dataset, String sampleId, StoredSample before, StoredSample row) {
        if (before != null
                && before.getSubjectId() != null
                && !before.getSubjectId().equals(row.getSubjectId())) {
            subjects.delete(indexKey(dataset, before.getSubjectId(), sampleId));
        }
        if (row.getSubjectId() != null
                && (before == null || !Objects.equals(before.getSubjectId(), row.getSubjectId()))) {
            subjects.put(indexKey(dataset, row.getSubjectId(), sampleId), NOTHING);
        }
        String key = Topics.sampleKey(dataset, sampleId);
        samples.put(key, row);
        if (row.getFeatures().remaining() >= LARGE) {
            samples.flush();
        }
        cache.changed(dataset, key, row);
        if (before != null && !sameContent(before, row)) {
            watcher.changed(dataset, sampleId);
        }
    }

    /** Whether two rows are the same to every model. */
    static boolean sameContent(StoredSample before, StoredSample after) {
        return before != null
                && before.getFeatures().equals(after.getFeatures())
                && before.getLabel().equals(after.getLabel())
                && before.getWeight() == after.getWeight();
    }

    /** From now on tells of rows that are changed or deleted, each at once. */
    void watch(Watcher told) {
        watcher = told;
    }

    void delete(String dataset, String sampleId, StoredSample row) {
        String key = Topics.sampleKey(dataset, sampleId);
        samples.delete(key);
        cache.changed(dataset, key, null);
        watcher.changed(dataset, sampleId);
        if (row.getSubjectId() != null) {
            subjects.put(indexKey(dataset, row.getSubjectId(), sampleId), null);
        }
    }

    /** All rows of a dataset as they are now and as a model with this mapper sees them. */
    RowCut cut(String dataset, RowMapper mapper) {
        return cache.cut(dataset, mapper);
    }

    /** Rows of a dataset in the order of their ids, behind {@code after} (null: from the first). */
    KeyValueIterator<String, StoredSample> rowsOf(String dataset, String after) {
        // The first key behind a key is the key with the smallest character added.
        String from = after == null ? null : Topics.sampleKey(dataset, after) + SEPARATOR;
        return stored.scan(dataset, from);
    }

    /** Rows of all datasets behind a key (null: from the first), in the order of their keys. */
    KeyValueIterator<String, StoredSample> all(String after) {
        samples.flush();
        return written.range(after == null ? null : after + SEPARATOR, null);
    }

    /** Whether it is known that no row is here that belongs to another shard. */
    boolean areHome() {
        return suppressed.get(HOME) != null;
    }

    void markHome() {
        suppressed.put(HOME, NOTHING);
    }

    /** Writes what was held back; the end of a transaction. */
    void flush() {
        samples.flush();
        suppressed.flush();
    }

    /** Work of a quiet moment on the rows in memory. */
    void tidy() {
        cache.tidy();
    }

    /** Frees the rows in memory; no cut may be read any more. */
    @Override
    public void close() {
        cache.close();
    }

    /** Index keys of a subject's samples behind {@code after} (null: from the start), in key order. */
    KeyValueIterator<String, byte[]> samplesOf(String dataset, String subjectId, String after) {
        String prefix = indexKey(dataset, subjectId, "");
        // SEPARATOR + 1 is the first key behind all keys that start with the prefix.
        String end = prefix.substring(0, prefix.length() - 1) + (char) (SEPARATOR + 1);
        return subjects.range(after == null ? prefix : after + SEPARATOR, end);
    }

    static String sampleIdOf(String indexKey) {
        return indexKey.substring(indexKey.indexOf(SEPARATOR) + 1);
    }

    /** The id of a sample that is here and is being erased stays out from now on, whatever was known of it. */
    void suppressErased(String dataset, String sampleId) {
        suppressed.put(hashKey("s/", dataset, sampleId), new byte[] {1});
    }

    /**
     * The id of a sample that is not here stays out from now on. Returns whether it was erased here by an earlier request.
     */
    boolean suppressAbsent(String dataset, String sampleId) {
        String key = hashKey("s/", dataset, sampleId);
        byte[] before = suppressed.get(key);
        if (before == null) {
            suppressed.put(key, new byte[] {0});
        }
        return before != null && before[0] == 1;
    }

    boolean sampleErased(String dataset, String sampleId) {
        byte[] entry = suppressed.get(hashKey("s/", dataset, sampleId));
        return entry != null && entry[0] == 1;
    }

    /** A subject's samples with a record time up to {@code time} stay out. */
    void suppressSubject(String dataset, String subjectId, long time) {
        String key = hashKey("u/", dataset, subjectId);
        byte[] before = suppressed.get(key);
        long latest =
                before == null ? time : Math.max(time, ByteBuffer.wrap(before).getLong());
        boolean held = before != null && before[Long.BYTES] == 1;
        suppressed.put(key, subjectEntry(latest, held));
    }

    /** Remembers that this subject had samples here which are erased. */
    void markSubjectErased(String dataset, String subjectId) {
        String key = hashKey("u/", dataset, subjectId);
        byte[] before = suppressed.get(key);
        suppressed.put(key, subjectEntry(ByteBuffer.wrap(before).getLong(), true));
    }

    boolean subjectErased(String dataset, String subjectId) {
        byte[] entry = suppressed.get(hashKey("u/", dataset, subjectId));
        return entry != null && entry[Long.BYTES] == 1;
    }

    /** Whether an arriving sample must stay out. */
    boolean staysOut(String dataset, String sampleId, String subjectId, long recordTime) {
        if (suppressed.get(hashKey("s/", dataset, sampleId)) != null) {
            return true;
        }
        if (subjectId == null) {
            return false;
        }
        byte[] entry = suppressed.get(hashKey("u/", dataset, subjectId));
        return entry != null && recordTime <= ByteBuffer.wrap(entry).getLong();
    }

    private static byte[] subjectEntry(long time, boolean held) {
        return ByteBuffer.allocate(Long.BYTES + 1)
                .putLong(time)
                .put((byte) (held ? 1 : 0))
                .array();
    }

    private static String indexKey(String dataset, String subjectId, String sampleId) {
        return dataset + "/" + subjectId + SEPARATOR + sampleId;
    }

    /** Erased ids are kept as keyed hashes, so that the list of the forgotten does not remember them. */
    private String hashKey(String kind, String dataset, String id) {
        return kind + secret().of(kind + dataset, id);
    }

    private KeyedHash secret() {
        if (secret == null) {
            byte[] key = suppressed.get(SECRET);
            if (key == null) {
                key = KeyedHash.newKey();
                suppressed.put(SECRET, key);
            }
            secret = new KeyedHash(key);
        }
        return secret;
    }
}
