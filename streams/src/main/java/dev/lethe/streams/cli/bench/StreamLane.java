package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.cli.bench.Outputs.Held;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.LetheTopology;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;

/** One contender with its rows, what sends to it and what hears of it: paced requests for latency, backlogs for rates. */
final class StreamLane implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final StreamPlan plan;
    private final StreamData data;
    private final int backlog;
    private final int warmUpBacklog;
    private final Contender contender;
    private final Load load;
    private final Outputs outputs;
    private final StreamFigures figures;

    /**
     * Starts it.
     *
     * @param fits a model to be fitted on the rows first; null for none
     */
    private StreamLane(
            ServiceConfig config,
            Topology topology,
            StreamPlan plan,
            StreamData data,
            int backlog,
            int warmUpBacklog,
            SettlePolicy fits,
            Function<StreamData, Held> held) {
        String bootstrap = config.bootstrapServers().orElseThrow();
        this.plan = plan;
        this.data = data;
        this.backlog = backlog;
        this.warmUpBacklog = warmUpBacklog;
        contender = new Contender(config, topology);
        if (fits != null) {
            fit(bootstrap, config.prefix(), fits);
        }
        load = new Load(bootstrap, config.topics().requests().name(), StreamData.DATASET);
        outputs = new Outputs(bootstrap, config.topics().versions().name(), held.apply(data));
        figures = new StreamFigures(plan.windows());
    }

    /** A topology that only hands requests on. */
    static StreamLane passThrough(ServiceConfig config, StreamPlan plan, int features) {
        var bytes = Serdes.ByteArray();
        Topology topology = new Topology()
                .addSource(
                        "in",
                        bytes.deserializer(),
                        bytes.deserializer(),
                        config.topics().requests().name())
                .addSink("out", config.topics().versions().name(), bytes.serializer(), bytes.serializer(), "in");
        var data = new StreamData(features, plan.passThroughRequests());
        return new StreamLane(
                config,
                topology,
                plan,
                data,
                plan.passThrough(),
                plan.warmUpPassThrough(),
                null,
                rows -> (before, value) -> before + 1);
    }

    /**
     * The same topology as the service's, with nothing in the place of the maths: its row count stands still. It never
     * settles: passes would compare what it did not fold with the rows as they are.
     */
    static StreamLane identity(ServiceConfig config, StreamPlan plan, int features) {
        var settings =
                config.topologySettings().patching(new IdentityPatching()).build();
        return new StreamLane(
                config,
                LetheTopology.build(settings),
                plan,
                new StreamData(features, plan.rows()),
                plan.backlog(),
                plan.warmUpBacklog(),
                SettlePolicy.NEVER,
                rows -> (before, value) -> before + version(config, value).getRequests());
    }

    /** The service's topology. */
    static StreamLane lethe(ServiceConfig config, StreamPlan plan, int features) {
        return new StreamLane(
                config,
                LetheTopology.build(config.topologySettings().build()),
                plan,
                new StreamData(features, plan.rows()),
                plan.backlog(),
                plan.warmUpBacklog(),
                SettlePolicy.AUTO,
                rows -> (before, value) -> rows.rows() - version(config, value).getRows());
    }

    private static ModelVersion version(ServiceConfig config, byte[] value) {
        return config.topics().versions().values().deserializer().deserialize("", value);
    }

    private void fit(String bootstrap, String prefix, SettlePolicy settle) {
        long now = System.currentTimeMillis();
        try (LetheClient client = LetheClient.connect(ClientSettings.of(bootstrap, prefix))) {
            client.follow(LetheClient.From.NOW);
            client.awaitConsumed(client.putSamples(data.samples(), now), PATIENCE);
            client.putModel(data.model(settle), now);
            client.awaitVersion(StreamData.MODEL, 1, PATIENCE);
        }
    }

    StreamFigures figures() {
        return figures;
    }

    /** What a window does, with a smaller backlog, and nothing counts. */
    void warmUp() {
        off(data.deletions(warmUpBacklog, 1), 1);
        paced(data.deletions(StreamPlan.WARM_UP, 1));
    }

    /** Median time from produced to committed, in ms. */
    double p50(int requests) {
        return median(paced(data.deletions(requests, 1)));
    }

    private static double median(double[] sorted) {
        return sorted[sorted.length / 2];
    }

    void window(int index) {
        double[] latencies =
                CompilerLoad.besideQuiet(StreamPlan.MOST_TRIES, () -> paced(data.deletions(plan.paced(), 1)));
        figures.p50()[index] = median(latencies);
        figures.p99()[index] = latencies[latencies.length * 99 / 100];
        figures.rates()[index] = off(data.deletions(backlog, 1), 1);
    }

    /** Samples per second off a backlog of requests of many samples. */
    double burst() {
        return off(data.deletions(plan.burstRequests(), plan.burstSamples()), plan.burstSamples());
    }

    /** Sorted times from produced to committed, in ms. */
    private double[] paced(List<DeleteRequest> requests) {
        long before = outputs.last();
        long[] sent = load.paced(requests, StreamPlan.PER_SECOND);
        double[] latencies = new double[sent.length];
        for (int i = 0; i < sent.length; i++) {
            latencies[i] = (outputs.await(before + i + 1) - sent[i]) / 1e6;
        }
        Arrays.sort(latencies);
        return latencies;
    }

    /** Samples a second from the moment the contender may begin until all are committed. */
    private double off(List<DeleteRequest> requests, int samplesEach) {
        long units = (long) requests.size() * samplesEach;
        long before = outputs.last();
        contender.pause();
        load.backlog(requests);
        long start = System.nanoTime();
        contender.resume();
        double seconds = (double) (outputs.await(before + units) - start) / TimeUnit.SECONDS.toNanos(1);
        return units / seconds;
    }

    @Override
    public void close() {
        load.close();
        outputs.close();
        contender.close();
    }
}
