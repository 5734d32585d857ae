package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceMethods.Options;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.KroneckerFactor;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.RowScores;
import dev.lethe.unlearn.valuation.Score;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** MNIST with a tenth of the labels flipped: the chance that a wrong one is ranked before a right one. */
final class MislabelBench {

    private static final int ROWS = 10_000;
    private static final int SEEDS = 3;
    private static final double FLIPPED = 0.1;
    private static final int CLASSES = 10;
    private static final double PENALTY_PER_ROW = 1e-3;
    private static final int EPOCHS = 5;
    private static final int BATCH = 64;
    private static final Architecture PERCEPTRON = Architecture.perceptron(new Layer.Relu(), 784, 256, 128, CLASSES);

    private final List<Row> rows;
    private final boolean[] wrong;
    private final long seed;

    private MislabelBench(List<Row> clean, long seed) {
        this.rows = new ArrayList<>(clean);
        this.wrong = new boolean[clean.size()];
        this.seed = seed;
        Random random = new Random(seed);
        random.ints(0, rows.size())
                .distinct()
                .limit((long) (FLIPPED * rows.size()))
                .forEach(i -> {
                    wrong[i] = true;
                    double label = (rows.get(i).y()[0] + 1 + random.nextInt(CLASSES - 1)) % CLASSES;
                    rows.set(i, new Row(rows.get(i).x(), new double[] {label}, 1));
                });
    }

    static void run(BenchTable table, Path data) {
        List<Row> clean = NetworkData.train(data, ROWS);
        Map<String, double[]> found = new LinkedHashMap<>();
        for (int s = 0; s < SEEDS; s++) {
            table.note("looking for flipped labels, seed " + (AttributionBench.SEED + s) + " ...");
            int at = s;
            new MislabelBench(clean, AttributionBench.SEED + s)
                    .aucs()
                    .forEach((name, auc) -> found.computeIfAbsent(name, n -> new double[SEEDS])[at] = auc);
        }
        Map<String, Double> promised = Map.of(
                "softmax, self-influence", 0.975,
                "softmax, loss", 0.988,
                "perceptron, EL2N over epochs", 0.995,
                "perceptron, EK-FAC self-influence, epoch 5", 0.975);
        found.forEach((name, aucs) -> {
            String full = "MNIST, flipped labels, AUC, " + name;
            if (promised.containsKey(name)) {
                AttributionBench.meanAtLeast(table, full, aucs, promised.get(name));
            } else {
                table.add(full, "1", AttributionBench.mean(aucs, 1));
            }
        });
    }

    private Map<String, Double> aucs() {
        Map<String, Double> aucs = new LinkedHashMap<>();
        softmax(aucs);
        perceptron(aucs);
        return aucs;
    }

    private void softmax(Map<String, Double> aucs) {
        List<Row> all = AttributionBench.withConstant(rows);
        var objective = new Objective(Family.SOFTMAX, 784, CLASSES, Intercept.PENALISED, PENALTY_PER_ROW * all.size());
        double[] theta;
        try (var fit = InMemoryFit.fit(objective, all, null)) {
            theta = fit.theta().clone();
        }
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, all);
                var method = InfluenceMethods.NYSTROEM.over(evaluated, Options.DEFAULT)) {
            RowScores scores = new RowScores(evaluated, null);
            aucs.put("softmax, loss", auc(scores.of(Score.LOSS)));
            aucs.put("softmax, EL2N", auc(scores.of(Score.EL2N)));
            aucs.put("softmax, margin", auc(scores.of(Score.MARGIN)));
            aucs.put("softmax, self-influence", auc(new Attribution(evaluated, method).selfInfluences()));
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("only the direct method inverts", e);
        }
    }

    private void perceptron(Map<String, Double> aucs) {
        double[] sums = new double[rows.size()];
        var plan = new TrainingPlan(new Optimizer.Adam(1e-3), EPOCHS, BATCH, seed, 0);
        Network trained = new Trainer(PERCEPTRON, NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet())
                .train(new TrainingListener() {
                    @Override
                    public void epoch(int epoch, Network network) {
                        double[] norms = network.errorNorms(rows);
                        for (int i = 0; i < sums.length; i++) {
                            sums[i] += norms[i];
                        }
                    }
                });
        aucs.put("perceptron, EL2N over epochs", auc(sums));
        aucs.put("perceptron, loss, epoch 5", auc(trained.losses(rows)));
        try (KroneckerFactor factor = KroneckerFactor.ekfac(trained, rows, seed, Damping.DEFAULT)) {
            aucs.put("perceptron, EK-FAC self-influence, epoch 5", auc(factor.selfInfluence(rows)));
        }
    }

    private double auc(double[] scores) {
        return Correlations.auc(scores, wrong);
    }
}
