package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Datamodelling;
import dev.lethe.unlearn.valuation.NetworkMethods;
import dev.lethe.unlearn.valuation.NetworkScores;
import dev.lethe.unlearn.valuation.Subsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** Models on random halves of pooled MNIST: how well summed influences rank their test losses. */
final class DatamodellingBench {

    private static final int ROWS = 10_000;
    private static final int TESTS = 100;
    /** The perceptron is trained 120 times. */
    private static final int PERCEPTRON_ROWS = 2_000;

    private static final int PERCEPTRON_TESTS = 60;
    private static final int SUBSETS = 40;
    private static final double FRACTION = 0.5;
    private static final int CLASSES = 10;
    private static final double PENALTY_PER_ROW = 1e-3;
    private static final int SIDE = 28;
    /** One training run says as much about its seed as about its rows: the mean of so many counts. */
    private static final int RUNS = 3;

    private static final Architecture PERCEPTRON = Architecture.perceptron(new Layer.Tanh(), 49, 32, CLASSES);

    private DatamodellingBench() {}

    static void run(BenchTable table, Path data) {
        List<Row> train = NetworkData.train(data, ROWS);
        List<Row> test = NetworkData.test(data).subList(0, TESTS);
        table.note("fitting " + SUBSETS + " softmax models on halves of " + ROWS + " images of 14 x 14 ...");
        AttributionBench.atLeast(
                table, "MNIST 14 x 14, softmax, LDS of exact influence", softmax(halved(train), halved(test)), 0.96);
        List<Row> some = train.subList(0, PERCEPTRON_ROWS);
        List<Row> asked = test.subList(0, PERCEPTRON_TESTS);
        table.note("training " + SUBSETS * RUNS + " networks 49-32-10 on halves of " + some.size()
                + " images of 7 x 7 ...");
        AttributionBench.atLeast(
                table,
                "MNIST 7 x 7, perceptron 49-32-10, LDS of EK-FAC",
                perceptron(NetworkData.pooled(some), NetworkData.pooled(asked)),
                0.47);
    }

    /** Averages of 2 × 2 pixels, and the constant. */
    private static List<Row> halved(List<Row> rows) {
        return AttributionBench.withConstant(rows.stream()
                .map(row -> new Row(halved(row.x()), row.y(), row.weight()))
                .toList());
    }

    private static double[] halved(double[] x) {
        double[] out = new double[SIDE * SIDE / 4];
        for (int i = 0; i < x.length; i++) {
            out[i / SIDE / 2 * (SIDE / 2) + i % SIDE / 2] += x[i] / 4;
        }
        return out;
    }

    private static Subsets subsets(List<Row> train) {
        return new Subsets(train.size(), FRACTION, AttributionBench.SEED);
    }

    private static double softmax(List<Row> train, List<Row> test) {
        Subsets subsets = subsets(train);
        var objective = new Objective(
                Family.SOFTMAX,
                train.get(0).x().length - 1,
                CLASSES,
                Intercept.PENALISED,
                PENALTY_PER_ROW * train.size());
        Datamodelling lds;
        try (EvaluatedRows rows = EvaluatedRows.of(objective, fit(objective, train), train);
                var direct = InfluenceMethods.direct(rows)) {
            lds = new Datamodelling(new Attribution(rows, direct).onEach(test), test.size());
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("a penalised model is not singular", e);
        }
        Loss loss = Loss.of(Family.SOFTMAX);
        try (Progress progress = Progress.start("models", SUBSETS)) {
            for (int s = 0; s < SUBSETS; s++) {
                boolean[] members = subsets.members(s);
                double[] theta = fit(objective, Subsets.of(train, members));
                lds.add(
                        members,
                        test.stream()
                                .mapToDouble(row -> loss.value(Predictor.logits(objective, theta, row.x()), row.y()))
                                .toArray());
                progress.step();
            }
        }
        return lds.score();
    }

    private static double[] fit(Objective objective, List<Row> rows) {
        try (var fit = InMemoryFit.fit(objective, rows, null)) {
            return fit.theta().clone();
        }
    }

    private static double perceptron(List<Row> train, List<Row> test) {
        int tests = test.size();
        Subsets subsets = subsets(train);
        Datamodelling lds = new Datamodelling(influences(network(train, AttributionBench.SEED), train, test), tests);
        try (Progress progress = Progress.start("networks", (long) SUBSETS * RUNS)) {
            for (int s = 0; s < SUBSETS; s++) {
                boolean[] members = subsets.members(s);
                double[] mean = new double[tests];
                for (int run = 0; run < RUNS; run++) {
                    double[] losses = network(Subsets.of(train, members), AttributionBench.SEED + run)
                            .losses(test);
                    IntStream.range(0, tests).forEach(t -> mean[t] += losses[t] / RUNS);
                    progress.step();
                }
                lds.add(members, mean);
            }
        }
        return lds.score();
    }

    private static Network network(List<Row> rows, long seed) {
        var plan = new TrainingPlan(new Optimizer.Adam(3e-3), 20, 50, seed, 1e-4);
        return new Trainer(PERCEPTRON, NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet())
                .train(TrainingListener.NONE);
    }

    private static double[] influences(Network network, List<Row> train, List<Row> test) {
        try (var inverse = NetworkMethods.EK_FAC.over(network, train, Damping.DEFAULT, AttributionBench.SEED)) {
            return new NetworkScores(train).influences(network, test, inverse);
        }
    }
}
