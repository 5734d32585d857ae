package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.client.Backlog;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.http.Models;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Newest version and champion of every model of a deployment, without their parameters; read by a thread of its own. */
public final class ModelBoard implements Models, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ModelBoard.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long RETRY_MS = 1_000;
    private static final long STOP_MS = 10_000;

    private final Consumer<byte[], byte[]> consumer;
    private final Topics topics;
    private final Map<String, ObjectNode> newest = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> champions = new ConcurrentHashMap<>();
    private final Thread thread;
    /** Null until Kafka has said what there is. */
    private Backlog backlog;

    private volatile boolean closed;
    private volatile String problem = "the versions are still being read: ask again in a moment";

    /** Starts to read. */
    public static ModelBoard start(ClientSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.kafka().values());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        var bytes = new ByteArrayDeserializer();
        return new ModelBoard(new KafkaConsumer<>(properties, bytes, bytes), new Topics(settings.prefix()));
    }

    private ModelBoard(Consumer<byte[], byte[]> consumer, Topics topics) {
        this.consumer = consumer;
        this.topics = topics;
        this.thread = new Thread(this::run, "lethe-models");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public Optional<ObjectNode> of(String model) {
        ObjectNode last = newest.get(model);
        if (last == null) {
            return Optional.empty();
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("model", model);
        json.set("newest", last);
        json.set("champion", champions.getOrDefault(model, last));
        return Optional.of(json);
    }

    private void run() {
        try (consumer) {
            while (!closed) {
                turn();
            }
        } catch (WakeupException | InterruptException e) {
            log.atDebug().log("stopped");
        } catch (RuntimeException e) {
            problem = "the versions cannot be read (" + e.getClass().getSimpleName() + "): start the service again";
            log.atError().setCause(e).log("the versions are not read any more");
        }
    }

    private void turn() {
        try {
            if (backlog == null) {
                backlog = Backlog.assign(consumer, List.of(topics.latestVersions(), topics.championVersions()));
            }
            consumer.poll(POLL).forEach(this::take);
            if (problem != null && backlog.isRead()) {
                problem = null;
            }
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            log.atWarn().log("Kafka does not answer: {}", e.getMessage());
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        Topic<String, ModelVersion> topic = topics.latestVersions();
        var board = record.topic().equals(topic.name()) ? newest : champions;
        try {
            String model = topic.keys().deserializer().deserialize(record.topic(), record.key());
            if (record.value() == null) {
                board.remove(model);
            } else {
                board.put(model, json(topic.values().deserializer().deserialize(record.topic(), record.value())));
            }
        } catch (SerializationException e) {
            log.atWarn().addKeyValue("offset", record.offset()).log("a version is left out: {}", e.getMessage());
        }
    }

    private static ObjectNode json(ModelVersion version) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("version", version.getVersion()).put("digest", version.getDigest());
        json.put("created_at", Instant.ofEpochMilli(version.getCreatedAt()).toString());
        json.put("candidate", version.getCandidate()).put("candidate_reason", version.getCandidateReason());
        json.set("validation", MetricsJson.of(version.getValidation()));
        if (version.getPromotion() != null) {
            json.put("decided_by", version.getPromotion().getDecidedBy());
            json.put("forced", version.getPromotion().getForced());
            json.put("reason", version.getPromotion().getReason());
        }
        return json;
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
