package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.config.ServiceConfig;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;

/** The cases of {@code bench stream}. */
final class StreamBench {
    private static final double P50_TARGET = 4;
    private static final double P99_TARGET = 5;
    /** Lethe's own transactions end when there is nothing more to do. */
    private static final String PASS_THROUGH_COMMIT_MS = "10";

    private static final double RATE_TARGET = 1.0 / 15;
    /** Against the same topology with the maths replaced by identity. */
    private static final double IDENTITY_P50_TARGET = 1.5;

    private static final double IDENTITY_RATE_TARGET = 0.5;
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

    static void run(BenchTable table, int[] featureCounts, int[] partitionCounts, boolean quick) {
        try (BenchBroker broker = new BenchBroker()) {
            StreamBench bench = new StreamBench(table, broker, quick);
            bench.warmUp(featureCounts[0], partitionCounts[0]);
            for (int features : featureCounts) {
                for (int partitions : partitionCounts) {
                    bench.measure(features, partitions);
                }
            }
        }
    }

    /** One whole run that does not count: what is measured later would find quicker code than what is measured first. */
    private void warmUp(int features, int partitions) {
        StreamPlan plan = StreamPlan.of(features, quick).warmUpOnly();
        try (Progress progress = Progress.start("stream warm-up", -1)) {
            new StreamRun(broker.bootstrapServers(), plan, progress)
                    .lethe(config("warm-up", features, partitions), features);
        }
    }

    private void measure(int features, int partitions) {
        StreamPlan plan = StreamPlan.of(features, quick);
        String name = "d=" + features + ", " + partitions + (partitions == 1 ? " partition" : " partitions");
        try (Progress progress = Progress.start("stream " + name, -1)) {
            StreamRun run = new StreamRun(broker.bootstrapServers(), plan, progress);
            var straight =
                    config("straight", features, partitions, Map.of("commit.interval.ms", PASS_THROUGH_COMMIT_MS));
            StreamFigures reference = run.passThrough(straight, passThrough(straight), features);
            StreamFigures lethe = run.lethe(config("lethe", features, partitions), features);
            compare(name, lethe, reference, features == RATE_PROMISED);
            StreamFigures identity = run.identity(config("identity", features, partitions), features);
            compareWithIdentity(name, lethe, identity);
        }
    }

    private ServiceConfig config(String kind, int features, int partitions) {
        return config(kind, features, partitions, Map.of());
    }

    private ServiceConfig config(String kind, int features, int partitions, Map<String, String> more) {
        String prefix = kind + "-" + features + "-" + partitions;
        String count = Integer.toString(partitions);
        Map<String, String> keys = new HashMap<>(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "prefix", prefix,
                "data.dir", broker.dataDirectory(prefix).toString(),
                "replication.factor", "1",
                "shards", count,
                "request.partitions", count,
                "model.partitions", count));
        keys.putAll(more);
        return ServiceConfig.of(keys);
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

    /** What the maths adds to the river. */
    private void compareWithIdentity(String name, StreamFigures lethe, StreamFigures identity) {
        Figures p50 = against(lethe.p50(), identity.p50());
        table.addAtMost("p50 to version against no maths, " + name, "ms", p50, IDENTITY_P50_TARGET);
        Figures rate = against(lethe.rates(), identity.rates());
        table.addAtLeast("requests off a backlog against no maths, " + name, "1/s", rate, IDENTITY_RATE_TARGET);
    }

    private static Figures against(double[] own, double[] reference) {
        return Figures.of(own, Figures.of(reference, 1).median());
    }
}
