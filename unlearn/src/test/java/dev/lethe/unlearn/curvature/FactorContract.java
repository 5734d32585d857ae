package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every factor promises; an implementation adds how to build it. */
abstract class FactorContract {

    /** Conditions here are below 1e4: 1e4 · 1e-16, and room for 300 updates. */
    private static final double TOLERANCE = 1e-10;

    private static final long SEED = 5;

    abstract Factor build(Objective objective, double[] theta, List<Row> rows);

    private static double[] vector(Objective objective, long seed) {
        double[] v = new Random(seed).doubles(objective.parameters(), -1, 1).toArray();
        Gauge.project(objective, v);
        return v;
    }

    /** H·v by differences of the gradient: independent of every curvature sum. */
    private static double[] curvatureTimes(Objective objective, double[] theta, double[] v, List<Row> rows) {
        double h = 1e-5;
        double[] up = theta.clone();
        double[] down = theta.clone();
        for (int i = 0; i < v.length; i++) {
            up[i] += h * v[i];
            down[i] -= h * v[i];
        }
        double[] a = Samples.pass(objective, up, rows, false).gradient();
        double[] b = Samples.pass(objective, down, rows, false).gradient();
        for (int i = 0; i < a.length; i++) {
            double penalty = objective.penalised(i % objective.columns()) ? objective.l2() * v[i] : 0;
            a[i] = (a[i] - b[i]) / (2 * h) + penalty;
        }
        return a;
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldInvertTheCurvature(Objective objective) throws Exception {
        List<Row> rows = new Samples(objective, SEED).weightedRows(200);
        double[] theta = vector(objective, 1);
        double[] v = vector(objective, 2);
        double[] given = curvatureTimes(objective, theta, v, rows);
        double[] kept = given.clone();
        double[] out = new double[v.length];
        try (Factor factor = build(objective, theta, rows)) {
            factor.multiply(given, out);
            assertThat(out).containsExactly(v, within(1e-8));
            assertThat(given).as("input not modified").containsExactly(kept);
            assertThat(factor.quality()).isBetween(0.0, 1.0);
            assertThat(factor.smallestCurvature()).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldStayTheInverseUnderUpdates(Objective objective) throws Exception {
        Samples samples = new Samples(objective, SEED);
        List<Row> rows = new ArrayList<>(samples.weightedRows(400));
        double[] theta = vector(objective, 1);
        try (Factor factor = build(objective, theta, rows)) {
            for (int size : new int[] {1, 2, 64, 65, 150}) {
                List<Row> added = samples.weightedRows(size);
                List<Row> removed = new ArrayList<>(rows.subList(0, size));
                FactorUpdate met = factor.update(added, removed, theta);
                rows.subList(0, size).clear();
                rows.addAll(added);
                assertThat(met.definite()).isTrue();
                assertThat(met.maxLeverage()).isBetween(0.0, 1.0);
            }
            try (Factor fresh = build(objective, theta, rows)) {
                assertSame(objective, factor, fresh);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldBeSymmetricAndPositiveDefinite(Objective objective) throws Exception {
        List<Row> rows = new Samples(objective, SEED).weightedRows(100);
        double[] left = new double[objective.parameters()];
        double[] right = new double[objective.parameters()];
        try (Factor factor = build(objective, vector(objective, 1), rows)) {
            for (long seed = 20; seed < 30; seed++) {
                double[] a = vector(objective, seed);
                double[] b = vector(objective, seed + 100);
                factor.multiply(a, left);
                factor.multiply(b, right);
                assertThat(Vectors.dot(b, left)).isCloseTo(Vectors.dot(a, right), within(TOLERANCE));
                assertThat(Vectors.dot(a, left)).isPositive();
                assertThat(factor.gramForm(a))
                        .satisfiesAnyOf(
                                f -> assertThat(f).isNaN(),
                                f -> assertThat(f).isCloseTo(gramForm(objective, a, rows), within(1e-9)));
            }
        }
    }

    /** Σ w‖Vx‖² by plain loops. */
    private static double gramForm(Objective objective, double[] v, List<Row> rows) {
        double sum = 0;
        for (Row row : rows) {
            double[] z = Predictor.logits(objective, v, row.x());
            sum += row.weight() * Vectors.dot(z, z);
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldNotModifyTheRowsItFollows(Objective objective) throws Exception {
        Samples samples = new Samples(objective, SEED);
        List<Row> rows = samples.weightedRows(100);
        Row added = samples.row(0.5);
        double[][] kept = {added.x().clone(), rows.get(0).x().clone(), vector(objective, 1)};
        double[] theta = vector(objective, 1);
        try (Factor factor = build(objective, theta, rows)) {
            factor.update(List.of(added), List.of(rows.get(0)), theta);
            assertThat(new double[][] {added.x(), rows.get(0).x(), theta}).isDeepEqualTo(kept);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldWatchItsRoundingDrift(Objective objective) throws Exception {
        Samples samples = new Samples(objective, SEED);
        double[] theta = vector(objective, 1);
        try (Factor factor = build(objective, theta, samples.weightedRows(100))) {
            assertThat(factor.drift()).isBetween(0.0, 1e-12);
            Row heavy = samples.row(1e7);
            for (int i = 0; i < 10; i++) {
                factor.update(List.of(heavy), List.of(), theta);
                factor.update(List.of(), List.of(heavy), theta);
            }
            // A row of 1e7 times its neighbours' weight takes seven digits with it, each time.
            assertThat(factor.drift()).isBetween(1e-12, 1e-2);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldReportARemovalItCannotFollow(Objective objective) throws Exception {
        Samples samples = new Samples(objective, SEED);
        List<Row> rows = samples.rows(60);
        double[] theta = new double[objective.parameters()];
        Row stranger = new Row(samples.row(1).x(), rows.get(0).y(), 1e6);
        try (Factor factor = build(objective, theta, rows);
                Factor before = build(objective, theta, rows)) {
            for (List<Row> removals : List.of(List.of(stranger), List.of(stranger, rows.get(0)))) {
                FactorUpdate met = factor.update(List.of(), removals, theta);
                assertThat(met.definite()).isFalse();
                assertSame(objective, factor, before);
            }
        }
    }

    static void assertSame(Objective objective, Factor a, Factor b) {
        for (long seed = 10; seed < 14; seed++) {
            double[] v = vector(objective, seed);
            double[] left = new double[v.length];
            double[] right = new double[v.length];
            a.multiply(v, left);
            b.multiply(v, right);
            assertThat(left).as("seed %d", seed).containsExactly(right, within(TOLERANCE));
            if (!Double.isNaN(b.gramForm(v))) {
                assertThat(a.gramForm(v)).isCloseTo(b.gramForm(v), within(1e-12 + 1e-10 * b.gramForm(v)));
            }
        }
    }
}
