package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.publish.Publishing;
import dev.lethe.streams.topology.LetheTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The case of {@code bench artifacts}: two deployments on one broker, one of them with a store. */
final class ArtifactsBench {
    private static final int FEATURES = 784;
    /** Many short ones: what one window differs from the next is several times what is looked for. */
    private static final int WINDOWS = 30;

    private static final int REQUESTS = 100;
    private static final int KEPT = 4_000;
    private static final double TARGET = 1.1;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final BenchBroker broker;

    private ArtifactsBench(BenchBroker broker) {
        this.broker = broker;
    }

    /** One deployment with its rows, what sends to it and what hears of its versions. */
    private final class Side implements AutoCloseable {
        private final StreamData data = new StreamData(FEATURES, StreamPlan.WARM_UP + WINDOWS * REQUESTS + KEPT);
        private final ServiceConfig config;
        private final Contender contender;
        private final Load load;
        private final Outputs outputs;

        Side(String prefix) {
            config = ServiceConfig.of(Map.of(
                    "bootstrap.servers", broker.bootstrapServers(),
                    "prefix", prefix,
                    "data.dir", broker.dataDirectory(prefix).toString(),
                    "replication.factor", "1",
                    "shards", "1",
                    "request.partitions", "1",
                    "model.partitions", "1"));
            contender = new Contender(
                    config, LetheTopology.build(config.topologySettings().build()));
            fit();
            load = new Load(
                    broker.bootstrapServers(), config.topics().requests().name(), StreamData.DATASET);
            outputs = new Outputs(
                    broker.bootstrapServers(), config.topics().versions().name(), (before, value) -> {
                        ModelVersion version = config.topics()
                                .versions()
                                .values()
                                .deserializer()
                                .deserialize("", value);
                        return data.rows() - version.getRows();
                    });
        }

        private void fit() {
            try (LetheClient client = LetheClient.connect(settings())) {
                client.follow(LetheClient.From.NOW);
                client.awaitConsumed(client.putSamples(data.samples(), System.currentTimeMillis()), PATIENCE);
                client.putModel(data.model(SettlePolicy.AUTO), System.currentTimeMillis());
                client.awaitVersion(StreamData.MODEL, 1, PATIENCE);
            }
        }

        ClientSettings settings() {
            return ClientSettings.of(broker.bootstrapServers(), config.prefix());
        }

        /** Median time to the version, in ms. */
        double window(int requests) {
            long before = outputs.last();
            long[] sent = load.paced(data.deletions(requests, 1), StreamPlan.PER_SECOND);
            double[] took = new double[sent.length];
            for (int i = 0; i < sent.length; i++) {
                took[i] = (outputs.await(before + i + 1) - sent[i]) / 1e6;
            }
            Arrays.sort(took);
            return took[took.length / 2];
        }

        @Override
        public void close() {
            load.close();
            outputs.close();
            contender.close();
        }
    }

    static void run(BenchTable table) {
        try (BenchBroker broker = new BenchBroker()) {
            new ArtifactsBench(broker).measure(table);
        }
    }

    private void measure(BenchTable table) {
        Path folder = broker.dataDirectory("store");
        double[] with = new double[WINDOWS];
        double[] without = new double[WINDOWS];
        try (Progress progress = Progress.start("artifacts", -1);
                Side plain = new Side("plain");
                Side stored = new Side("stored");
                Publishing publishing = new Publishing(stored.settings(), LetheMetrics.unread())) {
            publishing.to(new LocalStore(folder), Duration.ofDays(1));
            List.of(plain, stored).forEach(side -> side.window(StreamPlan.WARM_UP));
            for (int i = 0; i < WINDOWS; i++) {
                // Whatever changes with time changes for both.
                if (i % 2 == 0) {
                    without[i] = plain.window(REQUESTS);
                }
                with[i] = stored.window(REQUESTS);
                if (i % 2 == 1) {
                    without[i] = plain.window(REQUESTS);
                }
                progress.step();
            }
        }
        report(table, with, without);
        table.note("versions in the store: " + stored(folder));
    }

    /** Held window against the window beside it: what else the machine does changes over a run. */
    private static void report(BenchTable table, double[] with, double[] without) {
        double[] ratios = IntStream.range(0, WINDOWS)
                .mapToDouble(i -> with[i] / without[i])
                .toArray();
        double reference = Figures.of(without, 1).median();
        table.add("p50 to version with a local store, d=" + FEATURES, "ms", Figures.of(with, reference));
        table.addAtMost(
                "with held against without, window by window, in " + WINDOWS + " windows",
                "",
                Figures.of(ratios, 1),
                TARGET);
    }

    private static int stored(Path folder) {
        try (LocalStore store = new LocalStore(folder)) {
            return new ArtifactReader(store).versions(StreamData.MODEL).size();
        } catch (IOException e) {
            throw new LetheException("the store cannot be read (" + e + ")", e);
        }
    }
}
