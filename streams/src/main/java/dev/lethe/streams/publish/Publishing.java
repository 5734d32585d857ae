package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Everything that carries versions out of Kafka, in one service. */
public final class Publishing implements AutoCloseable {
    private final ClientSettings settings;
    private final LetheMetrics metrics;
    private final Topics topics;
    private final List<VersionPump> pumps = new ArrayList<>();

    public Publishing(ClientSettings settings, LetheMetrics metrics) {
        this.settings = settings;
        this.metrics = metrics;
        this.topics = new Topics(settings.prefix());
    }

    /**
     * Starts to fill a store; it is closed with this.
     *
     * @param retention how long a superseded version stays in it
     */
    public void to(ArtifactStore store, Duration retention) {
        var bytes = new ByteArraySerializer();
        var producer = new KafkaProducer<>(properties(Map.of(ProducerConfig.ACKS_CONFIG, "all")), bytes, bytes);
        pump(
                new StoreSink(store, retention, topics.requests().name(), producer, topics.artifacts()),
                topics.versions());
    }

    /**
     * Starts to register versions in MLflow.
     *
     * @param store address of the artifact store, if there is one
     */
    public void toMlflow(URI server, Optional<String> store) {
        for (MlflowSink.Of of : MlflowSink.Of.values()) {
            pump(
                    new MlflowSink(new MlflowClient(server, System.getenv()), of, store),
                    switch (of) {
                        case VERSIONS -> topics.versions();
                        case CHAMPIONS -> topics.championVersions();
                    });
        }
    }

    private void pump(VersionSink sink, Topic<String, ModelVersion> topic) {
        var bytes = new ByteArrayDeserializer();
        Map<String, Object> properties = properties(Map.of(
                ConsumerConfig.GROUP_ID_CONFIG, settings.prefix() + "-" + sink.name(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
                // Several versions at once are less work for everybody: each forces the disk fewer times. Nobody waits
                // for
                // a store by the millisecond.
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "262144",
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "200",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"));
        VersionPump pump = new VersionPump(
                new KafkaConsumer<>(properties, bytes, bytes), topic, new Definitions(this::models), sink);
        metrics.sink(sink.name(), () -> pump.problem().isPresent());
        pumps.add(pump);
    }

    private Map<String, ModelSpec> models() {
        try (LetheClient client = LetheClient.connect(settings)) {
            return client.models();
        }
    }

    private Map<String, Object> properties(Map<String, ?> own) {
        Map<String, Object> all = new HashMap<>(settings.kafka().values());
        all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        all.putAll(own);
        return all;
    }

    /** Why versions are not carried on at the moment, one reason for each place. */
    public List<String> problems() {
        return pumps.stream()
                .map(VersionPump::problem)
                .flatMap(Optional::stream)
                .toList();
    }

    @Override
    public void close() {
        pumps.forEach(VersionPump::stop);
        pumps.forEach(VersionPump::close);
    }
}
