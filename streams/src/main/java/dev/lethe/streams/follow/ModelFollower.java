package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.ArtifactStore;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one model and always has a whole, checked version of it. Any number of threads may ask for it; a thread of the
 * follower's own brings new ones. Whatever goes wrong, the served version stays, {@link #staleness} says why, and the
 * follower goes on by itself.
 *
 * <pre>{@code
 * try (ModelFollower digits = ModelFollower.follow(settings, "digits")) {
 *     ServedModel model = digits.await(Duration.ofMinutes(1));
 *     ... digits.current().orElseThrow().predictedClass(features) ...
 * }
 * }</pre>
 */
public final class ModelFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelFollower.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_AFTER = Duration.ofSeconds(1);
    private static final Duration LOOK_WITHIN = Duration.ofSeconds(5);
    private static final long RETRY_MS = 1_000;
    private static final long STOP_MS = 10_000;

    private final String model;
    private final Topics topics;
    private final ModelSwitch served;
    private final Optional<ArtifactReader> store;
    private final Consumer<byte[], byte[]> consumer;
    private final Thread thread;
    private volatile boolean closed;
    private volatile long newest;
    private volatile long contact = System.nanoTime();
    private volatile String problem;
    /** Announced, and not served yet because the store did not give it. */
    private VersionArtifact pending;

    private ModelFollower(ClientSettings settings, ModelSpec spec, Optional<ArtifactReader> store) {
        this.model = spec.getModelId();
        this.topics = new Topics(settings.prefix());
        this.served = new ModelSwitch(spec);
        this.store = store;
        this.consumer = consumer(settings);
        this.thread = new Thread(this::run, "lethe-follow-" + model);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Follows the versions on Kafka.
     *
     * @throws LetheException if no Kafka answers, or there is no such model
     */
    public static ModelFollower follow(ClientSettings settings, String model) {
        return new ModelFollower(settings, definition(settings, model), Optional.empty());
    }

    /** Follows the announcements on Kafka and takes the files, deltas where they fit, out of a store. */
    public static ModelFollower follow(ClientSettings settings, String model, ArtifactStore store) {
        return new ModelFollower(settings, definition(settings, model), Optional.of(new ArtifactReader(store)));
    }

    private static ModelSpec definition(ClientSettings settings, String model) {
        try (LetheClient client = LetheClient.connect(settings)) {
            ModelSpec spec = client.models().get(model);
            if (spec == null) {
                throw new LetheException("model " + model + " is not there: `lethe model list` lists those that are");
            }
            return spec;
        }
    }

    private static Consumer<byte[], byte[]> consumer(ClientSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.kafka().values());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        var bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(properties, bytes, bytes);
    }

    /** The version to predict with; empty until the first has come. Never waits. */
    public Optional<ServedModel> current() {
        return served.current();
    }

    /**
     * Waits for the first version.
     *
     * @throws LetheException if none comes in time, with the reason as far as it is known
     */
    public ServedModel await(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        while (current().isEmpty()) {
            if (System.nanoTime() > end) {
                throw new LetheException("no version of model " + model + " within " + timeout.toSeconds() + " s"
                        + staleness().problem().map(reason -> ": " + reason).orElse(""));
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LetheException("interrupted while waiting for a version of model " + model, e);
            }
        }
        return current().orElseThrow();
    }

    /** How far behind it is. */
    public Staleness staleness() {
        long version = current().map(ServedModel::version).orElse(0L);
        return new Staleness(
                version,
                Math.max(newest, version),
                Duration.ofNanos(System.nanoTime() - contact),
                Optional.ofNullable(problem));
    }

    private void run() {
        try (consumer) {
            Topic<String, ?> topic = store.isPresent() ? topics.artifacts() : topics.latestVersions();
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            store.ifPresent(this::begin);
            while (!closed) {
                turn();
            }
        } catch (WakeupException | InterruptException e) {
            log.atDebug().addKeyValue("model", model).log("stopped");
        } catch (RuntimeException e) {
            problem = "the follower has stopped: " + e;
            log.atError().setCause(e).addKeyValue("model", model).log("following stopped");
        }
    }

    /** The topic forgets announcements after a while, the store keeps the newest version. */
    private void begin(ArtifactReader reader) {
        try {
            var newestStored = reader.newest(model);
            if (newestStored.isPresent()) {
                long version = newestStored.getAsLong();
                var entry = reader.entry(model, version).orElseThrow();
                announced(new VersionArtifact(
                        model,
                        version,
                        entry.digest(),
                        null,
                        entry.artifact(),
                        0L,
                        0L,
                        "",
                        entry.createdAt().toEpochMilli()));
            }
        } catch (IOException e) {
            problem = e.getMessage();
        }
    }

    private void turn() {
        try {
            var records = consumer.poll(pending == null ? POLL : Duration.ofMillis(RETRY_MS));
            look(records.isEmpty());
            for (ConsumerRecord<byte[], byte[]> record : records) {
                take(record);
            }
            if (pending != null) {
                fetch();
            }
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            problem = e.getMessage();
            log.atWarn().addKeyValue("model", model).log("Kafka does not answer: {}", e.getMessage());
        }
    }

    /** An empty answer also comes when nobody is there: ask for something that needs an answer. */
    private void look(boolean empty) {
        if (!empty || System.nanoTime() - contact > LOOK_AFTER.toNanos()) {
            if (empty) {
                consumer.endOffsets(consumer.assignment(), LOOK_WITHIN);
            }
            if (problem != null
                    && pending == null
                    && current().map(ServedModel::version).orElse(0L) >= newest) {
                problem = null;
            }
            contact = System.nanoTime();
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null
                || !model.equals(topics.versions().keys().deserializer().deserialize("", record.key()))) {
            return;
        }
        try {
            if (store.isPresent()) {
                announced(topics.artifacts().values().deserializer().deserialize(record.topic(), record.value()));
            } else {
                ModelVersion version =
                        topics.latestVersions().values().deserializer().deserialize(record.topic(), record.value());
                newest = Math.max(newest, version.getVersion());
                served.accept(version);
                problem = null;
            }
        } catch (IOException | SerializationException e) {
            problem = e.getMessage();
            log.atWarn().addKeyValue("model", model).log("a version is not served: {}", e.getMessage());
        }
    }

    /** Only the newest announcement counts, unless the one before is on its way: then deltas stay usable. */
    private void announced(VersionArtifact version) {
        newest = Math.max(newest, version.getVersion());
        if (served.isNews(version.getVersion()) && (pending == null || version.getVersion() > pending.getVersion())) {
            pending = version;
            fetch();
        }
    }

    private void fetch() {
        try {
            served.accept(pending, store.orElseThrow());
            pending = null;
            problem = null;
        } catch (IOException e) {
            problem = e.getMessage();
            log.atWarn().addKeyValue("model", model).log("a version is not served yet: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        try {
            thread.join(STOP_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
