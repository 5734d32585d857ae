package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.KeyedChange;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.MicroBatch;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Patches a small network again and again, and prints what is resident after as many times as its arguments say. */
final class PatchLoop {

    static final Path STATUS = Path.of("/proc/self/status");

    private static final int SAMPLE = 128;
    private static final int CLASSES = 10;
    private static final double KILOBYTES = 1.0 / 1024;
    private static final PatchPlan SHORT = new PatchPlan(1e-2, 1, 4, 0.1, 0.1);
    /** Every kind of layer that has memory of its own. */
    private static final Architecture MIXED = new Architecture(
            new int[] {1, 7, 7},
            List.of(
                    new Layer.Conv2d(1, 4, 3, 1, 1, true),
                    new Layer.Relu(),
                    new Layer.MaxPool(2, 2),
                    new Layer.Flatten(),
                    new Layer.LayerNorm(36),
                    new Layer.Linear(36, 16, true),
                    new Layer.Gelu(),
                    new Layer.Linear(16, CLASSES, true)));

    private PatchLoop() {}

    /** @param args counts of patches, rising */
    public static void main(String[] args) {
        List<Integer> looks = Arrays.stream(args).map(Integer::valueOf).toList();
        RowKeys keys = new RowKeys(NetworkBench.SEED, 0.1);
        TrainingSet rows = new TrainingSet(keys, Long.MAX_VALUE);
        List<Row> seeded = NetworkData.seeded(49, CLASSES, 2 * SAMPLE);
        for (int i = 0; i < seeded.size(); i++) {
            rows.add(new KeyedRow(keys.of(Integer.toString(i)), seeded.get(i)));
        }
        double[] theta = new Random(NetworkBench.SEED)
                .doubles(MIXED.parameters(), -0.2, 0.2)
                .toArray();
        Network network = new Network(MIXED, NetworkLoss.CROSS_ENTROPY, theta);
        KeptRows kept = KeptRows.of(network, rows, SAMPLE, keys);
        for (int done = 1; done <= looks.get(looks.size() - 1); done++) {
            patch(
                    network,
                    kept,
                    relabelled(rows.training().get(done % rows.training().size())));
            if (looks.contains(done)) {
                System.out.println(resident());
            }
        }
    }

    private static KeyedChange relabelled(KeyedRow row) {
        double label = (row.row().y()[0] + 1) % CLASSES;
        Row other = new Row(row.row().x(), new double[] {label}, row.row().weight());
        return new KeyedChange(row.key(), RowChange.replace(row.row(), other));
    }

    /** With its evidence, each from the same network, so that every time has as much to do. */
    private static void patch(Network network, KeptRows kept, KeyedChange change) {
        MicroBatch.Outcome outcome = MicroBatch.apply(network, kept, List.of(change), SHORT);
        if (outcome instanceof MicroBatch.Outcome.Refused refused) {
            throw new IllegalStateException("patch refused: " + refused.reason());
        }
    }

    /** After a collection. */
    private static NetworkMemory.Resident resident() {
        System.gc();
        double heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() * KILOBYTES * KILOBYTES;
        double all = ResidentMemory.megabytes(STATUS).orElseThrow();
        return new NetworkMemory.Resident(all, heap);
    }
}
