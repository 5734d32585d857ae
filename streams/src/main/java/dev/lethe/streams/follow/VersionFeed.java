package dev.lethe.streams.follow;

import dev.lethe.streams.client.Backlog;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.topology.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the topics that tell of versions, from their beginning on, until it is stopped. Outlives a Kafka that is away. */
final class VersionFeed implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(VersionFeed.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_AFTER = Duration.ofSeconds(1);
    private static final Duration LOOK_WITHIN = Duration.ofSeconds(5);
    private static final long RETRY_MS = 1_000;

    private final String model;
    private final List<Topic<String, ?>> sources;
    private final Serving serving;
    private final Consumer<byte[], byte[]> consumer;
    private volatile boolean stopped;
    private volatile long contact = System.nanoTime();
    private volatile String problem;
    /** Null until Kafka has said what there is. */
    private Backlog backlog;

    private boolean caughtUp;

    /** @param consumer closed by this */
    VersionFeed(Consumer<byte[], byte[]> consumer, String model, List<Topic<String, ?>> sources, Serving serving) {
        this.consumer = consumer;
        this.model = model;
        this.sources = sources;
        this.serving = serving;
    }

    static Consumer<byte[], byte[]> consumer(ClientSettings settings) {
        Map<String, Object> properties = new HashMap<>(settings.kafka().values());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        var bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(properties, bytes, bytes);
    }

    /** Since Kafka last answered. */
    Duration sinceContact() {
        return Duration.ofNanos(System.nanoTime() - contact);
    }

    /** Why nothing is heard. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** Makes {@link #run} return. */
    void stop() {
        stopped = true;
        consumer.wakeup();
    }

    @Override
    public void run() {
        try (consumer) {
            while (!stopped) {
                turn();
            }
        } catch (WakeupException | InterruptException e) {
            log.atDebug().addKeyValue("model", model).log("stopped");
        } catch (RuntimeException e) {
            problem = "the follower has stopped: " + e;
            log.atError().setCause(e).addKeyValue("model", model).log("following stopped");
        }
    }

    private void turn() {
        try {
            if (backlog == null) {
                backlog = Backlog.assign(consumer, sources);
            }
            var records = consumer.poll(serving.again() ? Duration.ofMillis(RETRY_MS) : POLL);
            look(records.isEmpty());
            records.forEach(serving::take);
            if (!caughtUp && backlog.isRead()) {
                caughtUp = true;
                serving.caughtUp();
            }
            serving.serve();
        } catch (WakeupException | InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            problem = e instanceof TimeoutException ? "Kafka does not answer (" + e.getMessage() + ")" : e.getMessage();
            log.atWarn().addKeyValue("model", model).log("no versions are heard of: {}", problem);
            pause();
        }
    }

    /** An empty answer also comes when nobody is there: ask for something that needs an answer. */
    private void look(boolean empty) {
        if (!empty || sinceContact().compareTo(LOOK_AFTER) > 0) {
            if (empty) {
                consumer.endOffsets(consumer.assignment(), LOOK_WITHIN);
            }
            problem = null;
            contact = System.nanoTime();
        }
    }

    /** Some refusals come at once. */
    private static void pause() {
        try {
            Thread.sleep(RETRY_MS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
