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
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Flipped labels, put right by relabel patches alone, then by a refit. */
final class NetworkRepair {

    static final int ROWS = 2_000;
    private static final double FLIPPED = 0.1;
    private static final int BATCH = 50;
    private static final int SAMPLE = 1024;
    private static final double RESTORED = 0.5;
    private static final double POINTS = 100;
    private static final Architecture SMALL = Architecture.perceptron(new Layer.Tanh(), 49, 64, 10);
    private static final TrainingPlan PLAN = new TrainingPlan(new Optimizer.Adam(3e-3), 300, 50, NetworkBench.SEED, 0);

    private final List<Row> clean;
    private final List<Row> noisy;
    private final List<Integer> flipped;

    private NetworkRepair(List<Row> clean) {
        this.clean = clean;
        this.noisy = new ArrayList<>(clean);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < clean.size(); i++) {
            order.add(i);
        }
        Random random = new Random(NetworkBench.SEED);
        Collections.shuffle(order, random);
        this.flipped = order.subList(0, (int) (FLIPPED * clean.size()));
        for (int i : flipped) {
            Row row = clean.get(i);
            double label = (row.y()[0] + 1 + random.nextInt(9)) % 10;
            noisy.set(i, new Row(row.x(), new double[] {label}, 1));
        }
    }

    static void run(BenchTable table, List<Row> rows, List<Row> validation) {
        table.note("measuring the repair of flipped labels, 49-64-10 ...");
        NetworkRepair repair = new NetworkRepair(rows);
        double best = POINTS * train(repair.clean).accuracy(validation);
        Network damaged = train(repair.noisy);
        double worst = POINTS * damaged.accuracy(validation);
        double patched = POINTS * repair.patched(table, damaged).accuracy(validation);
        double refitted =
                POINTS * train(repair.noisyWith(repair.flipped.size())).accuracy(validation);
        table.addAtLeast(
                "accuracy lost to flipped labels, to 3 points", "points", NetworkBench.one(best - worst, 3), 1);
        table.addAtLeast(
                "accuracy restored by patches, of what was lost",
                "points",
                NetworkBench.one(patched - worst, best - worst),
                RESTORED);
        table.addAtMost(
                "accuracy short of clean after the refit, to 1 point",
                "points",
                NetworkBench.one(best - refitted, 1),
                1);
    }

    private static Network train(List<Row> rows) {
        return new Trainer(SMALL, NetworkLoss.CROSS_ENTROPY, PLAN, rows, new BitSet()).train(TrainingListener.NONE);
    }

    private List<Row> noisyWith(int repaired) {
        List<Row> rows = new ArrayList<>(noisy);
        flipped.subList(0, repaired).forEach(i -> rows.set(i, clean.get(i)));
        return rows;
    }

    private Network patched(BenchTable table, Network damaged) {
        Network at = damaged;
        List<String> ids =
                IntStream.range(0, noisy.size()).mapToObj(Integer::toString).toList();
        CurvatureSample sample = CurvatureSample.of(damaged, ids, noisy, SAMPLE, NetworkBench.SEED);
        for (int from = 0; from < flipped.size(); from += BATCH) {
            List<Integer> batch = flipped.subList(from, Math.min(flipped.size(), from + BATCH));
            List<RowChange> changes = new ArrayList<>();
            for (int i : batch) {
                changes.add(RowChange.replace(noisy.get(i), clean.get(i)));
                // Its old outputs are what has to change: it must not hold the patch back.
                sample.remove(ids.get(i));
            }
            PatchOutcome outcome = Patch.of(at, changes, sample.rows(), noisy.size(), PatchPlan.DEFAULT, null);
            if (outcome instanceof PatchOutcome.Patched patched) {
                at = patched.network();
            } else {
                table.note("a patch was refused: " + ((PatchOutcome.Refused) outcome).reason());
            }
        }
        return at;
    }
}
