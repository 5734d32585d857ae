package dev.lethe.unlearn.correction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.linalg.NativeMemory;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** P and K are there once, a new factor is one more matrix of that size, and a change takes no memory of its own. */
class FactorMemoryTest {

    private static final int FEATURES = 700;
    private static final long SQUARE = (long) FEATURES * FEATURES * Double.BYTES;
    private static final long COLUMN = (long) FEATURES * Double.BYTES;
    /** Held columns of P and K, roots, products and rows of a block of 64, and a few vectors. */
    private static final long FACTOR_SCRATCH = (2 * 32 + 3 * 64 + 64) * COLUMN;
    /** Two blocks of rows, and a few vectors. */
    private static final long PASS_SCRATCH = (2 * 512 + 16) * COLUMN;

    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"RIDGE", "LOGISTIC"})
    void shouldKeepPAndKOnceAndAddOneMatrixForANewFactor(Family family) {
        Objective objective = new Objective(family, FEATURES, 1, Intercept.NONE, 1);
        List<Row> rows = new Samples(objective, 3).rows(FEATURES + 100);
        List<Row> left = rows.subList(70, rows.size());
        long before = NativeMemory.inUse();
        Anchor anchor = InMemoryFit.fit(objective, rows, null);
        int kept = family == Family.RIDGE ? 1 : 2;
        assertThat(NativeMemory.inUse() - before).isBetween(kept * SQUARE, kept * SQUARE + FACTOR_SCRATCH);
        List<RowChange> changes =
                rows.subList(0, 70).stream().map(RowChange::remove).toList();
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
        long steady = NativeMemory.inUse();
        NativeMemory.resetPeak();
        try (Anchor settled = InMemoryFit.settle(anchor, left)) {
            assertThat(settled.thetaFactor())
                    .as("a new factor was built where it settled")
                    .isEqualTo(settled.theta());
            assertThat(NativeMemory.peak() - steady).isLessThan(SQUARE + Math.max(PASS_SCRATCH, FACTOR_SCRATCH));
            assertThat(NativeMemory.inUse()).isLessThanOrEqualTo(steady);
        }
        assertThat(NativeMemory.inUse()).isEqualTo(before);
    }

    static java.util.stream.Stream<Objective> objectives() {
        return Samples.objectives();
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldTakeNoMemoryForAChange(Objective objective) {
        List<Row> rows = new Samples(objective, 4).weightedRows(200);
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            long before = NativeMemory.allocations();
            for (int i = 0; i < 40; i++) {
                fold(anchor, List.of(RowChange.remove(rows.get(i))));
                anchor.correct();
            }
            List<RowChange> back =
                    rows.subList(0, 40).stream().map(RowChange::add).toList();
            fold(anchor, back);
            anchor.correct();
            anchor.measureDrift();
            assertThat(NativeMemory.allocations()).isEqualTo(before);
        }
    }

    private static void fold(Anchor anchor, List<RowChange> changes) {
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
    }

    @Test
    void shouldSumKAnewWhenMoreRowsCameAndWentThanThereAre() {
        Objective objective = new Objective(Family.LOGISTIC, 8, 1, Intercept.NONE, 1);
        List<Row> rows = new Samples(objective, 6).rows(60);
        Anchor anchor = InMemoryFit.fit(objective, rows, null);
        assertThat(anchor.lendsGram()).isTrue();
        for (int i = 0; i < 30; i++) {
            fold(anchor, List.of(RowChange.remove(rows.get(i))));
        }
        assertThat(anchor.lendsGram()).isTrue();
        fold(anchor, List.of(RowChange.remove(rows.get(30))));
        assertThat(anchor.lendsGram()).isFalse();
        try (Anchor settled = InMemoryFit.settle(anchor, rows.subList(31, 60))) {
            assertThat(settled.lendsGram()).isTrue();
        }
    }

    @Test
    void shouldCountWhatAFactorTakes() {
        Objective objective = new Objective(Family.LOGISTIC, 8, 1, Intercept.NONE, 1);
        List<Row> rows = new Samples(objective, 5).rows(20);
        long before = NativeMemory.allocations();
        try (DenseFactor factor = Samples.factor(objective, new double[8], rows)) {
            assertThat(factor.hasGram()).isTrue();
            assertThat(NativeMemory.allocations()).isGreaterThan(before);
        }
    }
}
