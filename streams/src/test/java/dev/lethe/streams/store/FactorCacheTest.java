package dev.lethe.streams.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.FactorSnapshot;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactorCacheTest {
    private static final long SEED = 12;
    private static final Objective OBJECTIVE = new Objective(Family.LOGISTIC, 5, 1, Intercept.PENALISED, 1);
    private static final double[] OTHER = new double[6];

    @TempDir
    Path directory;

    private static FactorSnapshot snapshot(long seed) {
        var random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            double[] x = random.doubles(6, -1, 1).toArray();
            rows.add(new Row(x, new double[] {random.nextBoolean() ? 1 : -1}, 1));
        }
        try (Anchor anchor = InMemoryFit.fit(OBJECTIVE, rows, null)) {
            return anchor.snapshot().orElseThrow();
        }
    }

    /** Whether the bytes of a number lie in any file of the directory. */
    private boolean onDisk(double value) throws Exception {
        byte[] wanted = ByteBuffer.allocate(Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putDouble(value)
                .array();
        String needle = new String(wanted, StandardCharsets.ISO_8859_1);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(needle)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void shouldGiveBackWhatItKeptAlsoAfterAReopening() {
        FactorSnapshot kept = snapshot(SEED);
        try (var cache = FactorCache.open(directory)) {
            assertThat(cache.load("m", OBJECTIVE, kept.theta(), 9)).isEmpty();
            assertThat(cache.keep("m", 7, kept)).isTrue();
            assertThat(cache.keep("m2", 3, snapshot(SEED + 1))).isTrue();
        }
        try (var cache = FactorCache.open(directory)) {
            var found = cache.load("m", OBJECTIVE, kept.theta(), 9).orElseThrow();
            assertThat(found.applied()).isEqualTo(7);
            assertThat(found.factor().state().inverse())
                    .containsExactly(kept.factor().inverse());
            assertThat(found.factor().state().gram())
                    .containsExactly(kept.factor().gram());
            found.factor().close();
            assertThat(FactorCache.list(directory))
                    .as("read while it is open for writing")
                    .extracting(line -> line.key().modelId() + " " + line.key().applied())
                    .containsExactly("m 7", "m2 3");
            cache.forget("m");
            assertThat(cache.load("m", OBJECTIVE, kept.theta(), 9)).isEmpty();
        }
    }

    @Test
    void shouldDiscardWhatIsAheadOrForeign() {
        FactorSnapshot kept = snapshot(SEED);
        try (var cache = FactorCache.open(directory)) {
            cache.keep("m", 7, kept);
            assertThat(cache.load("m", OBJECTIVE, kept.theta(), 6)).as("ahead").isEmpty();
            assertThat(cache.load("m", OBJECTIVE, OTHER, 9))
                    .as("built elsewhere")
                    .isEmpty();
            var wider = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 1);
            assertThat(cache.load("m", wider, kept.theta(), 9))
                    .as("of another size")
                    .isEmpty();
        }
    }

    @Test
    void shouldDiscardADamagedSnapshot() throws Exception {
        FactorSnapshot kept = snapshot(SEED);
        byte[] bytes = kept.encode();
        bytes[bytes.length / 2] ^= 1;
        try (var database = FactorDatabase.open(directory)) {
            database.replace(FactorKey.of("m", kept.theta(), 7), bytes, 0);
        }
        try (var cache = FactorCache.open(directory)) {
            assertThat(cache.load("m", OBJECTIVE, kept.theta(), 9)).isEmpty();
            assertThat(cache.keep("m", 8, kept)).isTrue();
            var found = cache.load("m", OBJECTIVE, kept.theta(), 9).orElseThrow();
            found.factor().close();
        }
    }

    @Test
    void shouldStartAnewInADamagedDirectory() throws Exception {
        FactorSnapshot kept = snapshot(SEED);
        try (var cache = FactorCache.open(directory)) {
            cache.keep("m", 7, kept);
        }
        Files.writeString(directory.resolve("CURRENT"), "MANIFEST-000000\n");
        try (var cache = FactorCache.open(directory)) {
            assertThat(cache.load("m", OBJECTIVE, kept.theta(), 9)).isEmpty();
            assertThat(cache.keep("m", 8, kept)).isTrue();
            assertThat(FactorCache.list(directory)).hasSize(1);
        }
    }

    @Test
    void shouldLeaveNothingOnTheDiskOfASnapshotThatWasReplaced() throws Exception {
        FactorSnapshot old = snapshot(SEED);
        double trace = old.factor().inverse()[3];
        try (var cache = FactorCache.open(directory)) {
            cache.keep("m", 7, old);
            assertThat(onDisk(trace)).isTrue();
            FactorSnapshot next = snapshot(SEED + 1);
            cache.keep("m", 8, next);
            assertThat(onDisk(trace)).as("seed %d", SEED).isFalse();
            assertThat(onDisk(next.factor().inverse()[3])).isTrue();
            cache.forget("m");
            assertThat(onDisk(next.factor().inverse()[3])).isFalse();
        }
    }

    @Test
    void shouldForgetWhatIsLeftOfAModelThatIsServedElsewhere() throws Exception {
        FactorSnapshot kept = snapshot(SEED);
        long now = System.currentTimeMillis();
        long yesterday = now - 24 * 3_600_000;
        try (var database = FactorDatabase.open(directory)) {
            database.replace(FactorKey.of("here", kept.theta(), 7), kept.encode(), yesterday);
            database.replace(FactorKey.of("gone", kept.theta(), 7), kept.encode(), yesterday);
        }
        try (var cache = FactorCache.open(directory)) {
            cache.enter("here");
            cache.enter("gone");
            cache.leave("gone");
            cache.keep("m", 1, kept);
            assertThat(FactorCache.list(directory)).as("right after the start").hasSize(3);
            cache.enter("m");
            cache.forgetLeftBehind(now + 2 * 3_600_000);
            assertThat(FactorCache.list(directory))
                    .extracting(line -> line.key().modelId())
                    .containsExactly("here", "m");
        }
    }

    @Test
    void shouldListNothingWhereThereIsNothing() {
        assertThat(FactorCache.list(directory.resolve("none"))).isEmpty();
    }
}
