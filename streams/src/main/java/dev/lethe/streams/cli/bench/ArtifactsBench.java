package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.publish.Publishing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The case of {@code bench artifacts}: two deployments on one broker, one of them with a store. */
final class ArtifactsBench {
    private static final int FEATURES = 784;
    /** Many short ones: what one window differs from the next is several times what is looked for. */
    private static final int WINDOWS = 30;

    private static final int REQUESTS = 100;
    /** Requests in a round before anything counts. */
    private static final int WARM_UP = 500;

    private static final int LEAST_ROUNDS = 2;
    private static final int MOST_ROUNDS = 12;

    private static final int KEPT = 4_000;
    private static final StreamPlan PLAN =
            new StreamPlan(0, WINDOWS, REQUESTS, 0, 0, 0, 0, 0, MOST_ROUNDS * WARM_UP + KEPT);
    private static final double TARGET = 1.1;

    /** Prefix of the deployment whose versions are stored. */
    private static final String WITH = "stored";

    private final BenchBroker broker;

    private ArtifactsBench(BenchBroker broker) {
        this.broker = broker;
    }

    static void run(BenchTable table) {
        try (BenchBroker broker = new BenchBroker()) {
            new ArtifactsBench(broker).measure(table);
        }
    }

    private StreamLane lane(String prefix) {
        return StreamLane.lethe(broker.deployment(prefix, 1, Map.of()), PLAN, FEATURES);
    }

    private void measure(BenchTable table) {
        Path folder = broker.dataDirectory("store");
        double[] with = new double[WINDOWS];
        double[] without = new double[WINDOWS];
        var settings = ClientSettings.of(broker.bootstrapServers(), WITH);
        try (Progress progress = Progress.start("artifacts", -1);
                StreamLane plain = lane("plain");
                StreamLane stored = lane(WITH);
                Publishing publishing = new Publishing(settings, LetheMetrics.unread())) {
            publishing.to(new LocalStore(folder), Duration.ofDays(1));
            CompilerLoad.quieten(LEAST_ROUNDS, MOST_ROUNDS, () -> {
                List.of(plain, stored).forEach(lane -> lane.p50(WARM_UP));
                progress.step();
            });
            for (int i = 0; i < WINDOWS; i++) {
                // Whatever changes with time changes for both.
                if (i % 2 == 0) {
                    without[i] = plain.p50(REQUESTS);
                }
                with[i] = stored.p50(REQUESTS);
                if (i % 2 == 1) {
                    without[i] = plain.p50(REQUESTS);
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
