package dev.lethe.unlearn.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.golden.GoldenCase;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The certificate as a bound: in thousands of random and adversarial sets of changes it is never below the residual that
 * a pass then measures. The adversaries change the rows that bend the objective most, that the model gets most wrong, or
 * all of one class. Every second trial has a factor that was built elsewhere than its anchor.
 */
class BoundTest {

    /** Per seeded objective, 15 of them; the golden cases add to it. */
    private static final int SEEDED_TRIALS = 260;

    private static final int MAX_CHANGES = 60;
    /** Looking for the worst rows among more than these tells nothing new. */
    private static final int CANDIDATES = 400;

    private static final List<Double> RATIOS = Collections.synchronizedList(new ArrayList<>());

    private enum Attack {
        RANDOM,
        HIGHEST_LEVERAGE,
        MOST_MISCLASSIFIED,
        ONE_CLASS_AWAY
    }

    /** A fitted model, with what rebuilds its factor. */
    private record Fit(Objective objective, List<Row> rows, double[] b, double[] theta, Sums sums) {

        static Fit of(Objective objective, List<Row> rows, double[] b) {
            try (Anchor anchor = InMemoryFit.fit(objective, rows, b)) {
                return new Fit(objective, rows, b, anchor.theta(), Samples.pass(objective, anchor.theta(), rows, true));
            }
        }

        /** At the minimum, or a way from it with the factor of the minimum. */
        Anchor anchor(boolean stale, Random random) throws SingularCurvatureException {
            double size = Math.pow(10, -3 + 3 * random.nextDouble());
            double[] shift = random.doubles(theta.length, -size, size).toArray();
            double[] where = stale ? Vectors.plus(theta, 1, shift) : theta;
            Anchor anchor = Anchor.at(objective, where, b, Samples.pass(objective, where, rows, false));
            anchor.install(DenseFactor.build(objective, sums), theta);
            return anchor;
        }

        List<Row> victims(Attack attack, Random random) throws SingularCurvatureException {
            List<Row> some = new ArrayList<>(rows);
            Collections.shuffle(some, random);
            List<Row> candidates = new ArrayList<>(some.subList(0, Math.min(CANDIDATES, some.size())));
            switch (attack) {
                case RANDOM -> {}
                case HIGHEST_LEVERAGE -> sort(candidates, leverage());
                case MOST_MISCLASSIFIED -> sort(candidates, row -> Vectors.norm(residual(row)));
                case ONE_CLASS_AWAY -> {
                    double[] label = candidates.get(0).y();
                    sort(candidates, row -> Arrays.equals(row.y(), label) ? 1 : 0);
                }
            }
            return candidates;
        }

        private ToDoubleFunction<Row> leverage() throws SingularCurvatureException {
            double[] product = new double[theta.length];
            double[] x = new double[theta.length];
            try (Factor factor = DenseFactor.build(objective, sums)) {
                List<Double> values = new ArrayList<>();
                for (Row row : rows) {
                    System.arraycopy(row.x(), 0, x, 0, row.x().length);
                    factor.multiply(x, product);
                    values.add(row.weight() * Vectors.dot(x, product));
                }
                var byRow = new java.util.IdentityHashMap<Row, Double>();
                IntStream.range(0, values.size()).forEach(i -> byRow.put(rows.get(i), values.get(i)));
                return byRow::get;
            }
        }

        private double[] residual(Row row) {
            double[] out = new double[objective.outputs()];
            Loss.of(objective.family()).residual(Predictor.logits(objective, theta, row.x()), row.y(), out);
            return out;
        }

        private static void sort(List<Row> rows, ToDoubleFunction<Row> badness) {
            rows.sort(Comparator.comparingDouble(badness).reversed());
        }
    }

    @Test
    void shouldHoldOverSeededRows() throws Exception {
        int bounded = 0;
        for (Objective objective : CertificateTest.objectives().toList()) {
            for (int seed = 0; seed < SEEDED_TRIALS; seed++) {
                Random random = new Random(seed);
                Samples samples = new Samples(objective, seed);
                int count = 40 + random.nextInt(120);
                List<Row> rows = seed % 3 == 0 ? samples.rows(count) : samples.weightedRows(count);
                double[] b = seed % 5 == 0
                        ? random.doubles(objective.parameters(), -1, 1).toArray()
                        : null;
                bounded += trial(Fit.of(objective, rows, b), samples, seed) ? 1 : 0;
            }
        }
        assertThat(bounded).as("trials that kept their factor").isGreaterThan(3000);
    }

    @ParameterizedTest
    @CsvSource({
        "diabetes_ridge, 80",
        "breastcancer_logistic, 120",
        "digits_softmax, 40",
        "fashion06_logistic, 60",
        "mnist38_logistic, 16"
    })
    void shouldHoldOverGoldenRows(String name, int trials) throws Exception {
        GoldenCase golden = GoldenCase.open(name);
        Fit fit = Fit.of(golden.objective(), golden.rows(), null);
        int bounded = 0;
        for (int seed = 0; seed < trials; seed++) {
            bounded += trial(fit, new Samples(golden.objective(), seed), seed) ? 1 : 0;
        }
        assertThat(bounded).as("trials that kept their factor").isGreaterThan(trials / 3);
    }

    /** Whether the factor lived to give a bound. */
    private static boolean trial(Fit fit, Samples samples, int seed) throws SingularCurvatureException {
        Random random = new Random(seed);
        Attack attack = Attack.values()[seed % Attack.values().length];
        try (Anchor anchor = fit.anchor(seed / Attack.values().length % 2 == 1, random)) {
            List<Row> today = new ArrayList<>(fit.rows());
            int most = Math.min(MAX_CHANGES, today.size() / 2);
            List<Row> victims = fit.victims(attack, random).subList(0, 1 + random.nextInt(most));
            List<RowChange> changes = change(fit.objective(), today, victims, samples, attack, random);
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            if (!anchor.hasFactor()) {
                return false;
            }
            Correction correction = anchor.correct();
            double measured = Samples.residual(fit.objective(), correction.theta(), fit.b(), today);
            assertThat(correction.residualBound())
                    .as("%s, %s, seed %d", fit.objective(), attack, seed)
                    .isGreaterThanOrEqualTo(measured);
            if (fit.objective().family() != Family.RIDGE) {
                RATIOS.add(correction.residualBound() / measured);
            }
            return true;
        }
    }

    private static List<RowChange> change(
            Objective objective, List<Row> today, List<Row> victims, Samples samples, Attack attack, Random random) {
        var gone = Collections.newSetFromMap(new java.util.IdentityHashMap<Row, Boolean>());
        gone.addAll(victims);
        today.removeIf(gone::contains);
        List<RowChange> changes = new ArrayList<>();
        for (Row before : victims) {
            int kind = attack == Attack.ONE_CLASS_AWAY ? 0 : random.nextInt(4);
            Row after = kind < 2 ? null : kind == 2 ? samples.relabelled(before) : scaled(objective, before, random);
            changes.add(new RowChange(before, after));
            if (after != null) {
                today.add(after);
            }
        }
        return changes;
    }

    /** Other features and another weight; the constant, where there is one, stays. */
    private static Row scaled(Objective objective, Row row, Random random) {
        double[] x = row.x().clone();
        for (int j = 0; j < objective.features(); j++) {
            x[j] *= 1.2 * random.nextDouble();
        }
        return new Row(x, row.y(), 2 * random.nextDouble());
    }

    @AfterAll
    static void printHowTightItIs() {
        double[] sorted = RATIOS.stream().mapToDouble(r -> r).sorted().toArray();
        if (sorted.length > 0) {
            System.out.printf(
                    "bound / true residual over %d sets of changes: min %.3g, 10 %% %.3g, median %.3g, 90 %% %.3g%n",
                    sorted.length,
                    sorted[0],
                    sorted[sorted.length / 10],
                    sorted[sorted.length / 2],
                    sorted[sorted.length * 9 / 10]);
        }
    }
}
