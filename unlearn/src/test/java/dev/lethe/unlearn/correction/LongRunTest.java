package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Removals and additions one by one, a hundred thousand in a row: rounding and memory stay where they were. */
class LongRunTest {

    private static final double RELATIVE = 1e-8;
    private static final int ROWS = 1000;
    /** Less than any leak of a row or a vector. */
    private static final long LEAK_BYTES = 200;

    private static final int WINDOWS = 4;

    private final Deque<Row> out = new ArrayDeque<>();

    @ParameterizedTest
    @CsvSource({"RIDGE, 32, 100000", "LOGISTIC, 32, 100000", "RIDGE, 128, 20000", "LOGISTIC, 128, 20000"})
    void shouldStayExactInConstantMemory(Family family, int features, int changes) throws IOException {
        Objective objective = new Objective(family, features, 1, Intercept.PENALISED, 0.5);
        List<Row> today = new ArrayList<>(new Samples(objective, 8).weightedRows(ROWS));
        try (Anchor anchor = InMemoryFit.fit(objective, today, null)) {
            Random random = new Random(8);
            int window = changes / (WINDOWS + 1);
            run(anchor, today, random, window);
            assertThat(leastGrowth(anchor, today, random, window))
                    .as("growth of resident memory in every window of %d changes, kB", window)
                    .isLessThan(window * LEAK_BYTES / 1024);
            check(anchor, today);
        }
    }

    /** A leak shows in every window; heap pages that are touched for the first time do not, and the collector is reset. */
    private long leastGrowth(Anchor anchor, List<Row> today, Random random, int window) throws IOException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < WINDOWS; i++) {
            System.gc();
            long before = residentKb();
            run(anchor, today, random, window);
            least = Math.min(least, residentKb() - before);
        }
        return least;
    }

    /** Every other change takes a random row out, the next brings one back that was taken out earlier. */
    private void run(Anchor anchor, List<Row> today, Random random, int changes) {
        for (int i = 0; i < changes; i++) {
            RowChange change;
            if (out.size() < ROWS / 5 && random.nextBoolean() || out.isEmpty()) {
                int at = random.nextInt(today.size());
                Row last = today.remove(today.size() - 1);
                Row removed = at == today.size() ? last : today.set(at, last);
                out.add(removed);
                change = RowChange.remove(removed);
            } else {
                Row added = out.remove();
                today.add(added);
                change = RowChange.add(added);
            }
            anchor.foldGradient(List.of(change));
            anchor.foldFactor(List.of(change));
        }
    }

    private static void check(Anchor anchor, List<Row> today) {
        Objective objective = anchor.objective();
        assertThat(anchor.measureDrift()).isLessThan(RELATIVE);
        assertThat(anchor.refreshDue()).isFalse();
        double[] theta = anchor.correct().theta();
        // The same step with a factor and a gradient that no change has touched.
        try (Anchor fresh = Anchor.at(
                        objective, anchor.theta(), null, Samples.pass(objective, anchor.theta(), today, false));
                DenseFactor factor = Samples.factor(objective, anchor.theta(), today)) {
            fresh.install(factor, anchor.theta());
            assertThat(distance(theta, fresh.correct().theta())).isLessThan(RELATIVE * Vectors.norm(theta));
        }
        try (Anchor refit = InMemoryFit.fit(objective, today, null);
                Anchor settled = InMemoryFit.settle(anchor, today)) {
            if (objective.family() == Family.RIDGE) {
                assertThat(distance(theta, refit.theta())).isLessThan(RELATIVE * Vectors.norm(refit.theta()));
            }
            assertThat(distance(settled.theta(), refit.theta())).isLessThan(RELATIVE * Vectors.norm(refit.theta()));
        }
    }

    /** 0 where the system does not tell. */
    private static long residentKb() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (var lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElse(0);
        }
    }
}
