package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.CurvatureSample;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.KroneckerFactor;
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
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** How near a patch comes to the proximal optimum over all rows, and how near EK-FAC does. */
final class NetworkQuality {

    static final int ROWS = 2_000;
    private static final int SAMPLE = 1_024;
    private static final int DRAWS = 5;
    private static final double COSINE = 0.99;
    private static final double ERROR = 0.2;
    /** Steps until the optimum's gradient is a millionth of the first. */
    private static final PatchPlan OPTIMUM = new PatchPlan(1e-2, 60, 400, 1e-8, 1e-6);

    private final BenchTable table;
    private final List<Row> rows;
    private final Network network;

    private NetworkQuality(BenchTable table, List<Row> rows) {
        this.table = table;
        this.rows = rows;
        Architecture small = Architecture.perceptron(new Layer.Tanh(), 49, 32, 10);
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(3e-3), 60, 50, NetworkBench.SEED, 1e-4);
        this.network =
                new Trainer(small, NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet()).train(TrainingListener.NONE);
    }

    static void run(BenchTable table, List<Row> rows) {
        table.note("measuring patches against the proximal optimum, 49-32-10 ...");
        NetworkQuality quality = new NetworkQuality(table, rows);
        for (int removals : new int[] {1, 10, 50}) {
            quality.measure(removals);
        }
    }

    private void measure(int removals) {
        double[][] cg = new double[2][DRAWS];
        double[][] ekfac = new double[2][DRAWS];
        for (int draw = 0; draw < DRAWS; draw++) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                order.add(i);
            }
            Collections.shuffle(order, new Random(NetworkBench.SEED + draw));
            List<Row> removed =
                    order.subList(0, removals).stream().map(rows::get).toList();
            List<Row> kept =
                    order.subList(removals, rows.size()).stream().map(rows::get).toList();
            double[] target = moved(removed, kept, OPTIMUM);
            compare(target, moved(removed, sample(order.subList(removals, rows.size())), PatchPlan.DEFAULT), cg, draw);
            compare(target, byFactor(removed, kept), ekfac, draw);
        }
        String name = removals + " removals, to the proximal optimum";
        table.addAtLeast("patch, cosine, " + name, "1", NetworkBench.figures(cg[0], 1), COSINE);
        table.addAtMost("patch, relative error, " + name, "1", NetworkBench.figures(cg[1], 1), ERROR);
        table.add("EK-FAC, cosine, " + name, "1", NetworkBench.figures(ekfac[0], 1));
        table.add("EK-FAC, relative error, " + name, "1", NetworkBench.figures(ekfac[1], 1));
    }

    /** As a service keeps it: half of the rows, by their curvature. */
    private List<Row> sample(List<Integer> positions) {
        List<String> ids = positions.stream().map(i -> Integer.toString(i)).toList();
        List<Row> kept = positions.stream().map(rows::get).toList();
        return CurvatureSample.of(network, ids, kept, SAMPLE, NetworkBench.SEED).rows();
    }

    private double[] moved(List<Row> removed, List<Row> sample, PatchPlan plan) {
        List<RowChange> changes = removed.stream().map(RowChange::remove).toList();
        PatchOutcome outcome = Patch.of(network, changes, sample, rows.size() - removed.size(), plan, null);
        if (outcome instanceof PatchOutcome.Patched patched) {
            return Vectors.minus(patched.network().theta(), network.theta());
        }
        throw new IllegalStateException("patch refused: " + outcome);
    }

    private double[] byFactor(List<Row> removed, List<Row> kept) {
        double[] step = new double[network.theta().length];
        Damping damping = new Damping(0, OPTIMUM.damping() * kept.size());
        try (KroneckerFactor factor = KroneckerFactor.ekfac(network, kept, NetworkBench.SEED, damping)) {
            factor.multiply(network.gradient(removed), step);
        }
        return step;
    }

    private static void compare(double[] target, double[] got, double[][] into, int draw) {
        into[0][draw] = Vectors.dot(target, got) / Vectors.norm(target) / Vectors.norm(got);
        into[1][draw] = Vectors.norm(Vectors.minus(got, target)) / Vectors.norm(target);
    }
}
