package dev.lethe.streams.cli.bench;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Outputs.Held;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.LetheTopology;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.streams.Topology;

/** One contender under one load: paced requests for latency, backlogs for rates. */
final class StreamRun {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final String bootstrap;
    private final StreamPlan plan;
    private final Progress progress;

    StreamRun(String bootstrap, StreamPlan plan, Progress progress) {
        this.bootstrap = bootstrap;
        this.plan = plan;
        this.progress = progress;
    }

    /** A topology that only hands requests on. */
    StreamFigures passThrough(ServiceConfig config, Topology topology, int features) {
        var data = new StreamData(features, plan.passThroughRequests());
        try (Contender contender = new Contender(config, topology)) {
            return measure(contender, config.topics(), data, plan.passThrough(), false, (before, value) -> before + 1);
        }
    }

    /**
     * The same topology as the service's, with nothing in the place of the maths: its row count stands still. It never
     * settles: passes would compare what it did not fold with the rows as they are.
     */
    StreamFigures identity(ServiceConfig config, int features) {
        var topology = LetheTopology.build(
                config.topologySettings().patching(new IdentityPatching()).build());
        return model(
                config,
                topology,
                features,
                SettlePolicy.NEVER,
                false,
                data -> (before, value) -> before + version(config, value).getRequests());
    }

    /** The service's topology. */
    StreamFigures lethe(ServiceConfig config, int features) {
        var topology = LetheTopology.build(config.topologySettings().build());
        return model(
                config,
                topology,
                features,
                SettlePolicy.AUTO,
                plan.burstRequests() > 0,
                data -> (before, value) -> data.rows() - version(config, value).getRows());
    }

    private static ModelVersion version(ServiceConfig config, byte[] value) {
        return config.topics().versions().values().deserializer().deserialize("", value);
    }

    /** A topology that keeps a model: its rows are laid in and the model is fitted first. */
    private StreamFigures model(
            ServiceConfig config,
            Topology topology,
            int features,
            SettlePolicy settle,
            boolean bursts,
            Function<StreamData, Held> held) {
        var data = new StreamData(features, plan.rows());
        try (Contender contender = new Contender(config, topology)) {
            fit(config, data, data.model(settle));
            return measure(contender, config.topics(), data, plan.backlog(), bursts, held.apply(data));
        }
    }

    private void fit(ServiceConfig config, StreamData data, ModelSpec model) {
        long now = System.currentTimeMillis();
        try (LetheClient client = LetheClient.connect(ClientSettings.of(bootstrap, config.prefix()))) {
            client.follow(LetheClient.From.NOW);
            client.awaitConsumed(client.putSamples(data.samples(), now), PATIENCE);
            client.putModel(model, now);
            client.awaitVersion(StreamData.MODEL, 1, PATIENCE);
        }
    }

    private StreamFigures measure(
            Contender contender, Topics topics, StreamData data, int backlog, boolean bursts, Held held) {
        var figures = new StreamFigures(plan.windows(), bursts);
        try (Load load = new Load(bootstrap, topics.requests().name(), StreamData.DATASET);
                Outputs outputs = new Outputs(bootstrap, topics.versions().name(), held)) {
            for (int i = 0; i < StreamPlan.WARM_UP_BACKLOGS; i++) {
                off(contender, load, outputs, data.deletions(backlog, 1), 1);
            }
            paced(load, outputs, data.deletions(StreamPlan.WARM_UP, 1));
            for (int i = 0; i < plan.windows(); i++) {
                double[] latencies = paced(load, outputs, data.deletions(plan.paced(), 1));
                figures.p50()[i] = latencies[latencies.length / 2];
                figures.p99()[i] = latencies[latencies.length * 99 / 100];
                figures.rates()[i] = off(contender, load, outputs, data.deletions(backlog, 1), 1);
            }
            // The first one is not kept: it warms up.
            for (int i = bursts ? -1 : plan.windows(); i < plan.windows(); i++) {
                var burst = data.deletions(plan.burstRequests(), plan.burstSamples());
                figures.removals()[Math.max(i, 0)] = off(contender, load, outputs, burst, plan.burstSamples());
            }
        }
        return figures;
    }

    /** Sorted times from produced to committed, in ms. */
    private double[] paced(Load load, Outputs outputs, List<DeleteRequest> requests) {
        long before = outputs.last();
        long[] sent = load.paced(requests, StreamPlan.PER_SECOND);
        double[] latencies = new double[sent.length];
        for (int i = 0; i < sent.length; i++) {
            latencies[i] = (outputs.await(before + i + 1) - sent[i]) / 1e6;
        }
        Arrays.sort(latencies);
        progress.step();
        return latencies;
    }

    /** Samples a second from the moment the contender may begin until all are committed. */
    private double off(Contender contender, Load load, Outputs outputs, List<DeleteRequest> requests, int samplesEach) {
        long units = (long) requests.size() * samplesEach;
        long before = outputs.last();
        contender.pause();
        load.backlog(requests);
        long start = System.nanoTime();
        contender.resume();
        double seconds = (double) (outputs.await(before + units) - start) / TimeUnit.SECONDS.toNanos(1);
        progress.step();
        return units / seconds;
    }
}
