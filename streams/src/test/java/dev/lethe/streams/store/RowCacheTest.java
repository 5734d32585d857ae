package dev.lethe.streams.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Labels;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Transform;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import dev.lethe.unlearn.objective.Transform.RowNorm;
import dev.lethe.unlearn.objective.Vectors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever happens and however little memory there is, a cut shows the store as it was when the cut was taken. */
class RowCacheTest {
    private static final int FEATURES = 3;
    private static final long PLENTY = 1 << 24;
    /** What a slab of so narrow rows takes. */
    private static final long SLAB = 256L * (FEATURES * Double.BYTES + 248);

    private static final Comparator<String> STORE_ORDER =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private final TreeMap<String, StoredSample> store = new TreeMap<>(STORE_ORDER);
    private int scanned;
    private Random random = new Random(1);

    private final ShardRows rows = new ShardRows() {
        @Override
        public StoredSample get(String key) {
            return store.get(key);
        }

        @Override
        public KeyValueIterator<String, StoredSample> scan(String dataset, String from) {
            String start = from == null ? dataset + "/" : from;
            var copy = new TreeMap<>(store.subMap(start, true, dataset + "0", false));
            return new Rows(copy.entrySet().iterator());
        }
    };

    private final class Rows implements KeyValueIterator<String, StoredSample> {
        private final Iterator<Map.Entry<String, StoredSample>> rest;

        Rows(Iterator<Map.Entry<String, StoredSample>> rest) {
            this.rest = rest;
        }

        @Override
        public boolean hasNext() {
            return rest.hasNext();
        }

        @Override
        public KeyValue<String, StoredSample> next() {
            scanned++;
            var next = rest.next();
            return KeyValue.pair(next.getKey(), next.getValue());
        }

        @Override
        public String peekNextKey() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // nothing to free
        }
    }

    private static RowMapper mapper(Intercept intercept, String... classes) {
        var objective = new Objective(Family.LOGISTIC, FEATURES, 1, intercept, 1);
        return new RowMapper(objective, Labels.of(objective, List.of(classes)), Transform.NONE);
    }

    private static final RowMapper MAPPER = mapper(Intercept.NONE, "no", "yes");

    private StoredSample sample(int features) {
        double[] x = random.doubles(features).toArray();
        String subject = random.nextBoolean() ? "subject-" + random.nextInt(99) : null;
        String label = random.nextBoolean() ? "yes" : "no";
        return new StoredSample(subject, Doubles.toBuffer(x), label, 1.0, random.nextLong());
    }

    private void put(RowCache cache, String dataset, String id, StoredSample row) {
        store.put(dataset + "/" + id, row);
        cache.changed(dataset, dataset + "/" + id, row);
    }

    private void remove(RowCache cache, String dataset, String id) {
        store.remove(dataset + "/" + id);
        cache.changed(dataset, dataset + "/" + id, null);
    }

    /** What a reader sees, as text. */
    private static List<String> read(RowCut cut) {
        List<String> seen = new ArrayList<>();
        int[] misfits = new int[1];
        try (cut) {
            cut.forEach(row -> seen.add(cut.sampleId() + text(row)), () -> misfits[0]++);
        }
        seen.add("misfits " + misfits[0]);
        return seen;
    }

    private static String text(Row row) {
        return Arrays.toString(row.x()) + Arrays.toString(row.y()) + row.norm();
    }

    /** The same straight from the store. */
    private List<String> expected(String dataset, RowMapper mapper) {
        List<String> seen = new ArrayList<>();
        int misfits = 0;
        for (var entry : store.subMap(dataset + "/", dataset + "0").entrySet()) {
            double[] x = mapper.x(Doubles.toArray(entry.getValue().getFeatures()));
            var row = x == null
                    ? null
                    : mapper.row(x, Vectors.norm(x), entry.getValue().getLabel(), 1);
            if (row == null) {
                misfits++;
            } else {
                String id = entry.getKey().substring(dataset.length() + 1);
                seen.add(id + text(row));
            }
        }
        seen.add("misfits " + misfits);
        return seen;
    }

    @Test
    void shouldReadTheStoreOnce() {
        try (var cache = new RowCache(rows, new RowBudget(PLENTY))) {
            for (int i = 0; i < 2_000; i++) {
                put(cache, "d", "s" + i, sample(FEATURES));
            }
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            assertThat(scanned).isEqualTo(2_000);
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            var sameLayout = mapper(Intercept.NONE, "yes", "no");
            assertThat(read(cache.cut("d", sameLayout))).isEqualTo(expected("d", sameLayout));
            assertThat(scanned).isEqualTo(2_000);
            var otherLayout = mapper(Intercept.FREE, "no", "yes");
            assertThat(read(cache.cut("d", otherLayout))).isEqualTo(expected("d", otherLayout));
            assertThat(scanned).isEqualTo(4_000);
        }
    }

    @Test
    void shouldTellARowAsItIsStoredWhereTheFormKeepsIt() {
        try (var cache = new RowCache(rows, new RowBudget(PLENTY))) {
            for (String dataset : List.of("plain", "scaled")) {
                IntStream.range(0, 500).forEach(i -> put(cache, dataset, "s" + i, sample(FEATURES)));
            }
            double[] special = {-0.0, Double.MIN_VALUE, -Double.MAX_VALUE};
            put(cache, "plain", "s7", new StoredSample("subject-7", Doubles.toBuffer(special), "no", 0.25, 7L));
            put(cache, "plain", "misfit", sample(FEATURES + 1));
            assertThat(cache.get("plain", "plain/s7"))
                    .as("before the first pass")
                    .isNull();
            read(cache.cut("plain", mapper(Intercept.FREE, "no", "yes")));
            var scaled = new Transform(new double[0], new double[] {3}, RowNorm.NONE, LearnedFrom.PUBLIC);
            read(cache.cut("scaled", new RowMapper(MAPPER.objective(), MAPPER.labels(), scaled)));
            cache.tidy();
            for (int i = 0; i < 500; i++) {
                assertThat(cache.get("plain", "plain/s" + i)).isEqualTo(store.get("plain/s" + i));
                assertThat(cache.get("scaled", "scaled/s" + i)).isNull();
            }
            assertThat(cache.get("plain", "plain/misfit")).isNull();
            remove(cache, "plain", "s7");
            assertThat(cache.get("plain", "plain/s7")).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 16777216", "2, 16777216", "3, 150000", "4, 150000", "5, 60000", "6, 0"})
    void shouldShowEachCutWhatTheStoreHeldThen(long seed, long budget) {
        random = new Random(seed);
        record Open(RowCut cut, List<String> want) {}
        List<Open> open = new ArrayList<>();
        var mappers = List.of(MAPPER, mapper(Intercept.FREE, "no", "yes"));
        try (var cache = new RowCache(rows, new RowBudget(budget))) {
            for (int step = 0; step < 20_000; step++) {
                String dataset = random.nextInt(4) == 0 ? "e" : "d";
                // U+FFFD and a surrogate pair: in bytes the pair is the later one, in chars the earlier.
                String id = random.nextInt(1_500) + (random.nextInt(50) == 0 ? "\uFFFD" : "\uD83D\uDE00");
                StoredSample held = store.get(dataset + "/" + id);
                int dice = random.nextInt(100);
                if (dice < 50) {
                    put(cache, dataset, id, sample(dice == 0 ? FEATURES + 1 : FEATURES));
                } else if (dice < 75) {
                    remove(cache, dataset, id);
                } else if (held != null) {
                    put(
                            cache,
                            dataset,
                            id,
                            StoredSample.newBuilder(held)
                                    .setLabel(dice < 78 ? "else" : "no")
                                    .build());
                }
                assertThat(cache.get(dataset, dataset + "/" + id))
                        .as("seed %d, step %d", seed, step)
                        .isIn(null, store.get(dataset + "/" + id));
                if (random.nextInt(60) == 0) {
                    var mapper = mappers.get(random.nextInt(2));
                    open.add(new Open(cache.cut(dataset, mapper), expected(dataset, mapper)));
                }
                if (!open.isEmpty() && random.nextInt(80) == 0 || open.size() > 4) {
                    Open next = open.remove(random.nextInt(open.size()));
                    assertThat(read(next.cut))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(next.want);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "2", "3", "100"})
    void shouldNotTakeMoreThanItsBudgetAndGiveAllBack(int slabs) {
        var budget = new RowBudget(slabs * SLAB);
        try (var cache = new RowCache(rows, budget)) {
            for (int i = 0; i < 600; i++) {
                put(cache, "d", "s" + i, sample(FEATURES));
            }
            read(cache.cut("d", MAPPER));
            for (int i = 600; i < 3_000; i++) {
                put(cache, "d", "s" + i, sample(FEATURES));
                assertThat(budget.used()).isLessThanOrEqualTo(slabs * SLAB);
            }
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            assertThat(budget.used()).isEqualTo(Math.min(slabs, 12) * SLAB);
        }
        assertThat(budget.used()).isZero();
    }

    /** Else a dataset that once was too large is read from disk for ever, past all that was removed from it. */
    @Test
    void shouldFillItselfAgainWhenTheRowsLeftFitIntoItsMemory() {
        int room = 4 * 256;
        var budget = new RowBudget(4 * SLAB);
        try (var cache = new RowCache(rows, budget)) {
            for (int i = 0; i < 1_500; i++) {
                put(cache, "d", "s%04d".formatted(i), sample(FEATURES));
            }
            read(cache.cut("d", MAPPER));
            scanned = 0;
            read(cache.cut("d", MAPPER));
            assertThat(scanned).as("rows behind the cached ones").isEqualTo(1_500 - room);
            for (int i = 0; i < 800; i++) {
                remove(cache, "d", "s%04d".formatted(i));
            }
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            scanned = 0;
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            assertThat(scanned).isZero();
            assertThat(budget.used()).isEqualTo(3 * SLAB);
        }
    }

    @Test
    void shouldOverwriteWhatIsErasedOnceNoCutReadsIt() {
        var rowsInMemory = new CachedDataset(MAPPER, new RowBudget(PLENTY));
        IntStream.range(0, 10)
                .forEach(i -> rowsInMemory.load("d/" + i, new double[] {i + 1, 7, 7}, 11, sample(FEATURES)));
        rowsInMemory.remove("d/3");
        assertThat(rowsInMemory.memory(3)).containsOnly(0);
        var cut = rowsInMemory.cut();
        rowsInMemory.remove("d/5");
        rowsInMemory.put("d/6", new StoredSample(null, Doubles.toBuffer(new double[] {1, 2, 3}), "no", 1.0, 0L));
        rowsInMemory.tidy();
        double[] x = new double[3];
        cut.x(cut.rows().get(0)[4], x);
        assertThat(x).containsExactly(6, 7, 7);
        cut.x(cut.rows().get(0)[5], x);
        assertThat(x).containsExactly(7, 7, 7);
        cut.close();
        rowsInMemory.tidy();
        assertThat(rowsInMemory.memory(5)).containsOnly(0);
        assertThat(rowsInMemory.memory(6)).containsOnly(0);
        rowsInMemory.close();
    }

    @Test
    void shouldTryAgainWhenTooMuchChangedWhileItLoaded() {
        try (var cache = new RowCache(rows, new RowBudget(PLENTY))) {
            for (int i = 0; i < 6_000; i++) {
                put(cache, "d", "s" + i, sample(FEATURES));
            }
            var cut = cache.cut("d", MAPPER);
            var want = expected("d", MAPPER);
            for (int i = 0; i < 5_000; i++) {
                remove(cache, "d", "s" + i);
            }
            assertThat(read(cut)).isEqualTo(want);
            scanned = 0;
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            assertThat(scanned).isEqualTo(1_000);
            assertThat(read(cache.cut("d", MAPPER))).isEqualTo(expected("d", MAPPER));
            assertThat(scanned).isEqualTo(1_000);
        }
    }
}
