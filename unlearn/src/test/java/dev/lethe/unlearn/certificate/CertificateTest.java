package dev.lethe.unlearn.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The a-priori bound against the residual a pass then measures: never below it. */
class CertificateTest {

    private static final int TRIALS = 40;

    static Stream<Objective> objectives() {
        return Stream.concat(
                Samples.objectives(),
                Stream.of(
                        new Objective(Family.LOGISTIC, 20, 1, Intercept.NONE, 0.01),
                        new Objective(Family.SOFTMAX, 3, 3, Intercept.PENALISED, 0.01),
                        new Objective(Family.RIDGE, 3, 1, Intercept.FREE, 0)));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldBoundTheResidualOfAnyChange(Objective objective) {
        int bounded = 0;
        for (long seed = 0; seed < TRIALS; seed++) {
            bounded += trial(objective, seed) ? 1 : 0;
        }
        assertThat(bounded).as("trials that kept their factor").isGreaterThan(TRIALS / 2);
    }

    /** Whether the factor lived to give a bound. */
    private static boolean trial(Objective objective, long seed) {
        Random random = new Random(seed);
        Samples samples = new Samples(objective, seed);
        List<Row> today = new ArrayList<>(samples.weightedRows(60 + random.nextInt(60)));
        double[] b =
                seed % 3 == 0 ? random.doubles(objective.parameters(), -1, 1).toArray() : null;
        Anchor fitted = InMemoryFit.fit(objective, today, b);
        Anchor anchor = seed % 2 == 1 ? stale(objective, fitted, today, b, random) : fitted;
        if (seed % 4 >= 2) {
            // Adversarial: the rows with the largest gradient first.
            sortByGradient(objective, anchor.theta(), today);
        }
        try (anchor) {
            List<RowChange> changes = change(today, samples, 1 + random.nextInt(25), random);
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            if (!anchor.hasFactor()) {
                return false;
            }
            Correction correction = anchor.correct();
            double measured = Samples.residual(objective, correction.theta(), b, today);
            assertThat(correction.residualBound()).as("seed %d", seed).isGreaterThanOrEqualTo(measured);
            return true;
        }
    }

    /** θ_P ≠ θ₀: the anchor elsewhere with the factor of the fit, or at the fit with a factor from elsewhere. */
    private static Anchor stale(Objective objective, Anchor fitted, List<Row> rows, double[] b, Random random) {
        double size = 2 * random.nextDouble();
        double[] shift = random.doubles(objective.parameters(), -size, size).toArray();
        double[] elsewhere = Vectors.plus(fitted.theta(), 1, shift);
        if (random.nextBoolean()) {
            fitted.install(Samples.factor(objective, elsewhere, rows), elsewhere);
            return fitted;
        }
        Anchor moved = Anchor.at(objective, elsewhere, b, Samples.pass(objective, elsewhere, rows, false));
        moved.takeFactor(fitted);
        return moved;
    }

    private static void sortByGradient(Objective objective, double[] theta, List<Row> rows) {
        Loss loss = Loss.of(objective.family());
        rows.sort(Comparator.comparingDouble(row -> {
            double[] residual = new double[objective.outputs()];
            loss.residual(Predictor.logits(objective, theta, row.x()), row.y(), residual);
            return -row.weight() * Vectors.norm(residual) * Vectors.norm(row.x());
        }));
    }

    /** Changes the first rows of today, and adds some. */
    private static List<RowChange> change(List<Row> today, Samples samples, int count, Random random) {
        List<RowChange> changes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Row before = today.get(i);
            int kind = random.nextInt(3);
            Row after = kind == 0 ? null : kind == 1 ? samples.relabelled(before) : samples.row(1);
            today.set(i, after);
            changes.add(new RowChange(before, after));
        }
        today.removeIf(row -> row == null);
        Row added = samples.row(2);
        today.add(added);
        changes.add(RowChange.add(added));
        return changes;
    }

    @Test
    void shouldProveADistanceOnlyUnderStrongConvexity() {
        for (Objective objective : objectives().toList()) {
            List<Row> rows = new Samples(objective, 1).rows(100);
            try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
                List<RowChange> change = List.of(RowChange.remove(rows.get(0)));
                anchor.foldGradient(change);
                anchor.foldFactor(change);
                Exactness exactness = Exactness.patched(anchor, anchor.correct());
                assertThat(exactness.residualMeasured()).isNull();
                assertThat(exactness.residualBound()).isNotNull();
                assertThat(exactness.distanceBound() != null).isEqualTo(objective.stronglyConvex());
                assertThat(exactness.localDistance() != null).isEqualTo(!objective.stronglyConvex());
                assertThat(exactness.reliedOn()).isNotEmpty();
            }
        }
    }

    @Test
    void shouldProveTheDistanceToTheRefit() {
        Objective objective = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 0.7);
        List<Row> rows = new Samples(objective, 2).rows(200);
        List<RowChange> change = List.of(RowChange.remove(rows.get(0)), RowChange.remove(rows.get(1)));
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null);
                Anchor refit = InMemoryFit.fit(objective, rows.subList(2, 200), null)) {
            anchor.foldGradient(change);
            anchor.foldFactor(change);
            Correction correction = anchor.correct();
            assertThat(Samples.distance(correction.theta(), refit.theta()))
                    .isLessThanOrEqualTo(Exactness.patched(anchor, correction).distanceBound());
            Exactness measured = Exactness.measured(refit, false);
            assertThat(measured.residualBound()).isNull();
            assertThat(measured.residualMeasured()).isEqualTo(refit.gradientNorm());
            assertThat(measured.distanceBound()).isLessThan(1e-9);
        }
    }

    @Test
    void shouldStateNoBoundWhereNoneIsKnown() {
        Objective objective = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 0.7);
        try (Anchor anchor = InMemoryFit.fit(objective, new Samples(objective, 3).rows(50), null)) {
            Correction correction = anchor.correct();
            Correction unknown =
                    new Correction(correction.theta(), Double.NaN, correction.logitShift(), correction.verdict());
            Exactness exactness = Exactness.patched(anchor, unknown);
            assertThat(exactness.residualBound()).isNull();
            assertThat(exactness.distanceBound()).isNull();
            assertThat(exactness.localDistance()).isNull();
        }
    }
}
