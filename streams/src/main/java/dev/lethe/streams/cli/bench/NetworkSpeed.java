package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.KeyedChange;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.MicroBatch;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Patch;
import dev.lethe.unlearn.network.PatchOutcome;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;

/** One batch patch, alone and with its evidence, against the refit that it stands for. */
final class NetworkSpeed {

    /** Rows to train on. */
    static final int ROWS = 10_000;
    /** Enough that so many are left after those held out. */
    static final int READ = 11_500;

    private static final int BATCH = 64;
    private static final int SAMPLE = 512;
    private static final int ROUNDS = 3;
    private static final double FASTER = 20;
    private static final double MILLIS = 1e-6;
    private static final RowKeys KEYS = new RowKeys(NetworkBench.SEED, 0.1);
    private static final Architecture LARGE = Architecture.perceptron(new Layer.Relu(), 784, 128, 10);
    private static final TrainingPlan PLAN = new TrainingPlan(new Optimizer.Adam(1e-3), 15, 64, NetworkBench.SEED, 0);

    private final TrainingSet rows;
    private final Network network;
    private final KeptRows kept;
    private final List<KeyedChange> removals;

    private NetworkSpeed(List<Row> mnist) {
        this.rows = new TrainingSet(KEYS, Long.MAX_VALUE);
        Iterator<Row> next = mnist.iterator();
        for (int i = 0; rows.training().size() < ROWS; i++) {
            rows.add(new KeyedRow(KEYS.of(Integer.toString(i)), next.next()));
        }
        rows.sort();
        this.network = train(0);
        this.kept = KeptRows.of(network, rows, SAMPLE, KEYS);
        this.removals = rows.training().subList(0, BATCH).stream()
                .map(row -> new KeyedChange(row.key(), RowChange.remove(row.row())))
                .toList();
    }

    static void run(BenchTable table, List<Row> mnist) {
        table.note("measuring a patch of " + BATCH + " removals against a refit, 784-128-10, " + ROWS + " rows ...");
        NetworkSpeed speed = new NetworkSpeed(mnist);
        double[] whole = new double[ROUNDS];
        double[] alone = new double[ROUNDS];
        double[] refits = new double[ROUNDS];
        for (int i = -1; i < ROUNDS; i++) {
            double refit = millis(() -> speed.train(BATCH));
            // The refit has emptied the caches.
            speed.patchWithEvidence();
            double withEvidence = millis(speed::patchWithEvidence);
            double patch = millis(speed::patch);
            if (i >= 0) {
                refits[i] = refit;
                whole[i] = withEvidence;
                alone[i] = patch;
            }
        }
        Arrays.sort(refits);
        String name = " of " + BATCH + " removals against the refit, 784-128-10, " + ROWS + " rows";
        double refit = refits[ROUNDS / 2];
        table.addAtMost("patch" + name, "ms", Figures.of(alone, refit), 1 / FASTER);
        table.addAtMost("patch with its evidence" + name, "ms", Figures.of(whole, refit), 1 / FASTER);
    }

    private static double millis(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) * MILLIS;
    }

    private void patch() {
        List<RowChange> changes = removals.stream().map(KeyedChange::change).toList();
        PatchOutcome outcome =
                Patch.of(network, changes, kept.curvatureSample(), ROWS - BATCH, PatchPlan.DEFAULT, null);
        if (outcome instanceof PatchOutcome.Refused refused) {
            throw new IllegalStateException("patch refused: " + refused.reason());
        }
    }

    /** As the service does it. The first time takes the removed rows out of what is kept, and none comes back. */
    private void patchWithEvidence() {
        if (MicroBatch.apply(network, kept, removals, PatchPlan.DEFAULT)
                instanceof MicroBatch.Outcome.Refused refused) {
            throw new IllegalStateException("patch refused: " + refused.reason());
        }
        kept.rewind(removals);
    }

    private Network train(int without) {
        BitSet removed = new BitSet();
        removed.set(0, without);
        return new Trainer(LARGE, NetworkLoss.CROSS_ENTROPY, PLAN, rows.rows(), removed).train(TrainingListener.NONE);
    }
}
