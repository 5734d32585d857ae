package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.format.WeightsDelta;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.util.Map;
import java.util.Random;

/** The cases of {@code bench follow}: applying a version, and reading while versions come. */
final class FollowBench {
    private static final int FEATURES = 784;
    private static final int CLASSES = 10;
    private static final int WARM_UP = 500;
    private static final int ROUNDS = 500;
    private static final double MILLISECOND = 1_000;

    private FollowBench() {}

    static void run(BenchTable table) {
        Objective objective = new Objective(Family.SOFTMAX, FEATURES, CLASSES, Intercept.PENALISED, 1);
        Random random = new Random(1);
        byte[][] weights = {weights(objective, random), weights(objective, random)};
        String[] digests = {ModelWeights.digest(weights[0]), ModelWeights.digest(weights[1])};
        byte[] delta = WeightsDelta.between(weights[0], weights[1]);
        double[][] served = new double[1][];
        Figures figures = Timing.alternate(
                WARM_UP,
                ROUNDS,
                round -> {
                    int from = round % 2;
                    byte[] made = WeightsDelta.apply(weights[from], digests[from], delta, digests[1 - from]);
                    served[0] = ModelWeights.read("version", made, objective);
                },
                round -> ModelWeights.digest(weights[round % 2]));
        table.add("delta of 7850 parameters, held against one digest of the weights", figures);
        table.addAtMost(
                "delta of 7850 parameters, held against 1 ms",
                new Figures(figures.median(), figures.spread(), MILLISECOND),
                1);
        table.note("served parameters: " + served[0].length);
        FollowStalls.run(table);
    }

    private static byte[] weights(Objective objective, Random random) {
        double[] theta = random.doubles(objective.parameters(), -1, 1).toArray();
        return ModelWeights.toSafeTensors(objective, theta, Map.of());
    }
}
