package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.LetheTopology;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;

/** The cases of {@code bench stream}. */
final class StreamBench {
    private static final int[] FEATURES = {64, 784};
    private static final int[] PARTITIONS = {1, 12};

    private static final double P50_TARGET = 4;
    private static final double P99_TARGET = 5;
    private static final double RATE_TARGET = 1.0 / 15;
    private static final int RATE_PROMISED = 64;
    private static final double REMOVALS_PROMISED = 5_000;

    private final BenchTable table;
    private final BenchBroker broker;
    private final boolean quick;

    private StreamBench(BenchTable table, BenchBroker broker, boolean quick) {
        this.table = table;
        this.broker = broker;
        this.quick = quick;
    }

    static void run(BenchTable table, boolean quick) {
        try (BenchBroker broker = new BenchBroker()) {
            StreamBench bench = new StreamBench(table, broker, quick);
            for (int features : quick ? new int[] {RATE_PROMISED} : FEATURES) {
                for (int partitions : PARTITIONS) {
                    bench.measure(features, partitions);
                }
            }
        }
    }

    private void measure(int features, int partitions) {
        StreamPlan plan = StreamPlan.of(features, quick);
        String name = "d=" + features + ", " + partitions + (partitions == 1 ? " partition" : " partitions");
        try (Progress progress = Progress.start("stream " + name, -1)) {
            StreamRun run = new StreamRun(broker.bootstrapServers(), plan, progress);
            var straight = config("straight", features, partitions);
            StreamFigures reference = run.passThrough(straight, passThrough(straight), features);
            var full = config("lethe", features, partitions);
            StreamFigures lethe = run.model(full, LetheTopology.build(full.topologySettings()), features);
            compare(name, lethe, reference, features == RATE_PROMISED);
        }
    }

    private ServiceConfig config(String kind, int features, int partitions) {
        String prefix = kind + "-" + features + "-" + partitions;
        String count = Integer.toString(partitions);
        return ServiceConfig.of(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "prefix", prefix,
                "data.dir", broker.dataDirectory(prefix).toString(),
                "replication.factor", "1",
                "shards", count,
                "request.partitions", count,
                "model.partitions", count));
    }

    /** From requests straight to versions. */
    private static Topology passThrough(ServiceConfig config) {
        var bytes = Serdes.ByteArray();
        return new Topology()
                .addSource(
                        "in",
                        bytes.deserializer(),
                        bytes.deserializer(),
                        config.topics().requests().name())
                .addSink("out", config.topics().versions().name(), bytes.serializer(), bytes.serializer(), "in");
    }

    private void compare(String name, StreamFigures lethe, StreamFigures reference, boolean ratePromised) {
        table.addAtMost("p50 to version, " + name, "ms", against(lethe.p50(), reference.p50()), P50_TARGET);
        table.addAtMost("p99 to version, " + name, "ms", against(lethe.p99(), reference.p99()), P99_TARGET);
        Figures rate = against(lethe.rates(), reference.rates());
        if (ratePromised) {
            table.addAtLeast("requests off a backlog, " + name, "1/s", rate, RATE_TARGET);
        } else {
            table.add("requests off a backlog, " + name, "1/s", rate);
            Figures removals = Figures.of(lethe.removals(), REMOVALS_PROMISED);
            table.addAtLeast("removals, requests of 100 samples, " + name, "1/s", removals, 1);
        }
    }

    private static Figures against(double[] own, double[] reference) {
        return Figures.of(own, Figures.of(reference, 1).median());
    }
}
