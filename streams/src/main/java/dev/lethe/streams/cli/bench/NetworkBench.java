package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.KroneckerFactor;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Row;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The cases of {@code bench network}. */
final class NetworkBench {

    /** What can be asked for. */
    enum Part {
        ATTRIBUTION,
        QUALITY,
        SPEED,
        REPAIR,
        MEMORY,
        SERVICE
    }

    static final long SEED = 7;

    private static final int ATTRIBUTION_ROWS = 3_615;
    private static final double ATTRIBUTION_SECONDS = 0.6;
    private static final int ROUNDS = 5;
    private static final double NANOS = 1e-9;

    private NetworkBench() {}

    static void run(BenchTable table, Path data, List<Part> parts) {
        boolean mnist = NetworkData.present(data);
        if (!mnist) {
            table.note("no MNIST in " + data + ": quality, speed and repair are skipped, the rest runs on seeded rows");
        }
        for (Part part : parts) {
            switch (part) {
                case ATTRIBUTION -> attribution(table, mnist ? NetworkData.train(data, ATTRIBUTION_ROWS) : null);
                case MEMORY -> NetworkMemory.run(table);
                case SERVICE -> ServiceMemory.run(table);
                case QUALITY -> {
                    if (mnist) {
                        NetworkQuality.run(table, NetworkData.pooled(NetworkData.train(data, NetworkQuality.ROWS)));
                    }
                }
                case SPEED -> {
                    if (mnist) {
                        NetworkSpeed.run(table, NetworkData.train(data, NetworkSpeed.READ));
                    }
                }
                case REPAIR -> {
                    if (mnist) {
                        NetworkRepair.run(
                                table,
                                NetworkData.pooled(NetworkData.train(data, NetworkRepair.ROWS)),
                                NetworkData.pooled(NetworkData.test(data)));
                    }
                }
            }
        }
    }

    /** CPU time of this thread, against the seconds promised. */
    private static void attribution(BenchTable table, List<Row> mnist) {
        table.note("measuring EK-FAC and self-influence ...");
        List<Row> rows = mnist == null ? NetworkData.seeded(784, 10, ATTRIBUTION_ROWS) : mnist;
        Architecture large = Architecture.perceptron(new Layer.Relu(), 784, 256, 128, 10);
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(1e-3), 1, 64, SEED, 0);
        Network network = new Network(large, NetworkLoss.CROSS_ENTROPY, plan.initial(large));
        double[] seconds = new double[ROUNDS];
        for (int i = -1; i < ROUNDS; i++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            KroneckerFactor.ekfacWithSelfInfluence(network, rows, SEED, Damping.DEFAULT)
                    .factor()
                    .close();
            if (i >= 0) {
                seconds[i] = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) * NANOS;
            }
        }
        table.addAtMost(
                "EK-FAC and self-influence, 784-256-128-10, " + rows.size() + " rows, CPU",
                "s",
                figures(seconds, ATTRIBUTION_SECONDS),
                1);
    }

    /** @param values Modified: sorted. */
    static Figures figures(double[] values, double reference) {
        Arrays.sort(values);
        double spread = values[values.length * 3 / 4] - values[values.length / 4];
        return new Figures(values[values.length / 2], spread, reference);
    }

    static Figures one(double value, double reference) {
        return new Figures(value, 0, reference);
    }
}
