package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.RowScorer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Scores of all rows of MNIST, as a shard makes them, against a gradient pass over the same rows. */
final class ScoresBench {

    private static final int ROWS = 60_000;
    private static final int WARM_UP = 1;
    private static final int ROUNDS = 7;
    private static final int FACTOR_ROUNDS = 3;
    private static final double PASSES = 3;

    private ScoresBench() {}

    static void run(BenchTable table, Path data) {
        List<Row> digits = NetworkData.train(data, ROWS);
        measure(table, "softmax", new Objective(Family.SOFTMAX, 784, 10, Intercept.NONE, 60), digits);
        List<Row> even = digits.stream()
                .map(row -> new Row(row.x(), new double[] {row.y()[0] % 2 == 0 ? 1 : -1}, 1))
                .toList();
        measure(table, "logistic", new Objective(Family.LOGISTIC, 784, 1, Intercept.NONE, 60), even);
    }

    private static void measure(BenchTable table, String name, Objective objective, List<Row> rows) {
        table.note("scoring " + rows.size() + " rows, " + name + " ...");
        double[] theta = new Random(AttributionBench.SEED)
                .doubles(objective.parameters(), -0.1, 0.1)
                .toArray();
        var figures = Timing.alternate(
                WARM_UP, ROUNDS, round -> score(objective, theta, rows, null), round -> pass(objective, theta, rows));
        String all = rows.size() + " x 784, " + name + ", ";
        table.addAtMost(all + "loss, EL2N, GraNd and margin, to a gradient pass", figures, PASSES);
        if (DenseFactor.fits(objective)) {
            withFactor(table, all, objective, theta, rows);
        }
    }

    /** Self-influence and leverage are quadratic forms of P in every row: as much work as adding up a curvature. */
    private static void withFactor(BenchTable table, String all, Objective objective, double[] theta, List<Row> rows) {
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, rows);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            Timing.Work scores = round -> score(objective, theta, rows, inverse);
            table.add(
                    all + "all scores, factor there, to a curvature pass",
                    Timing.alternate(0, FACTOR_ROUNDS, scores, round -> curvature(objective, theta, rows)));
            table.add(
                    all + "all scores, factor there, to a gradient pass",
                    Timing.alternate(0, FACTOR_ROUNDS, scores, round -> pass(objective, theta, rows)));
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("a penalised model is not singular", e);
        }
    }

    private static void score(Objective objective, double[] theta, List<Row> rows, DirectInverse inverseOrNull) {
        try (RowScorer scorer = RowScorer.borrowing(objective, theta, inverseOrNull)) {
            scorer.scoreAll(rows);
        }
    }

    private static void curvature(Objective objective, double[] theta, List<Row> rows) {
        try (PassAccumulator sums = new PassAccumulator(objective, theta, true, false)) {
            rows.forEach(sums::add);
            sums.sums();
        }
    }

    private static void pass(Objective objective, double[] theta, List<Row> rows) {
        try (PassAccumulator sums = new PassAccumulator(objective, theta, false, false)) {
            rows.forEach(sums::add);
            sums.sums();
        }
    }
}
