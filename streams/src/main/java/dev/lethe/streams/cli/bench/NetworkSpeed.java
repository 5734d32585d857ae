package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.CurvatureSample;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Patch;
import dev.lethe.unlearn.network.PatchOutcome;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/** One batch patch against the refit that it stands for. */
final class NetworkSpeed {

    static final int ROWS = 10_000;
    private static final int BATCH = 64;
    private static final int SAMPLE = 512;
    private static final int ROUNDS = 5;
    private static final double FASTER = 20;
    private static final double MILLIS = 1e-6;

    private NetworkSpeed() {}

    static void run(BenchTable table, List<Row> rows) {
        table.note("measuring a patch of " + BATCH + " removals against a refit, 784-128-10, " + rows.size()
                + " rows ...");
        Architecture large = Architecture.perceptron(new Layer.Relu(), 784, 128, 10);
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(1e-3), 15, 64, NetworkBench.SEED, 0);
        Network network = train(large, plan, rows, 0);
        List<RowChange> changes =
                rows.subList(0, BATCH).stream().map(RowChange::remove).toList();
        List<Row> kept = rows.subList(BATCH, rows.size());
        List<String> ids =
                IntStream.range(0, kept.size()).mapToObj(Integer::toString).toList();
        List<Row> sample = CurvatureSample.of(network, ids, kept, SAMPLE, NetworkBench.SEED)
                .rows();
        double[] patches = new double[ROUNDS];
        for (int i = -1; i < ROUNDS; i++) {
            long start = System.nanoTime();
            PatchOutcome outcome = Patch.of(network, changes, sample, rows.size() - BATCH, PatchPlan.DEFAULT, null);
            if (!(outcome instanceof PatchOutcome.Patched)) {
                throw new IllegalStateException("patch refused: " + outcome);
            }
            if (i >= 0) {
                patches[i] = (System.nanoTime() - start) * MILLIS;
            }
        }
        long start = System.nanoTime();
        train(large, plan, rows, BATCH);
        double refit = (System.nanoTime() - start) * MILLIS;
        String name = "patch of " + BATCH + " removals against the refit, 784-128-10, " + rows.size() + " rows";
        table.addAtMost(name, "ms", NetworkBench.figures(patches, refit), 1 / FASTER);
    }

    private static Network train(Architecture architecture, TrainingPlan plan, List<Row> rows, int without) {
        BitSet removed = new BitSet();
        removed.set(0, without);
        return new Trainer(architecture, NetworkLoss.CROSS_ENTROPY, plan, rows, removed).train(TrainingListener.NONE);
    }
}
