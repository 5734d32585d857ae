package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries committed versions to a sink, on a thread of its own: the stream is never kept waiting. A version is counted as
 * done after the sink has it; while the sink fails, its partition stands and the reason can be read.
 */
final class VersionPump implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(VersionPump.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration COMMIT_EVERY = Duration.ofMillis(500);
    private static final Duration TIDY_EVERY = Duration.ofHours(1);
    private static final long FIRST_WAIT_MS = 100;
    private static final long LONGEST_WAIT_MS = 10_000;
    /** For what is being written when the service stops; then it is cut off. */
    private static final long STOP_MS = 5_000;
    /** Well below that: who closes must not interrupt what is about to end by itself. */
    private static final long LEAVE_MS = 2_000;

    private final Consumer<byte[], byte[]> consumer;
    private final Topic<String, ModelVersion> topic;
    private final Definitions definitions;
    private final VersionSink sink;
    private final Thread thread;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile String problem;
    private volatile String untidy;
    private final Map<TopicPartition, OffsetAndMetadata> done = new HashMap<>();
    private long committed = System.nanoTime();
    private long wait = FIRST_WAIT_MS;
    private Instant tidied = Instant.MIN;

    /** @param consumer in a group of its own, without automatic commits; closed by this */
    VersionPump(
            Consumer<byte[], byte[]> consumer,
            Topic<String, ModelVersion> topic,
            Definitions definitions,
            VersionSink sink) {
        this.consumer = consumer;
        this.topic = topic;
        this.definitions = definitions;
        this.sink = sink;
        this.thread = new Thread(this::run, "lethe-" + sink.name());
        thread.setDaemon(true);
        thread.start();
    }

    /** Why versions do not get to the sink at the moment, or do not leave it when they should. */
    Optional<String> problem() {
        return Optional.ofNullable(problem)
                .or(() -> Optional.ofNullable(untidy))
                .map(reason -> sink.name() + ": " + reason);
    }

    private void run() {
        try {
            consumer.subscribe(List.of(topic.name()));
            while (!isClosed()) {
                turn();
            }
        } catch (WakeupException | InterruptedException e) {
            log.atDebug().addKeyValue("sink", sink.name()).log("stopped");
        } catch (RuntimeException e) {
            problem = "stopped by " + e.getClass().getSimpleName() + ", start the service again";
            log.atError().setCause(e).addKeyValue("sink", sink.name()).log("versions are not carried on any more");
        } finally {
            leave();
        }
    }

    /** What is not said to the broker now it finds out by itself. */
    private void leave() {
        try {
            consumer.close(CloseOptions.timeout(Duration.ofMillis(LEAVE_MS)));
        } catch (KafkaException e) {
            log.atDebug().setCause(e).addKeyValue("sink", sink.name()).log("the consumer group was not left");
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void turn() throws InterruptedException {
        try {
            carry();
            if (tidied.isBefore(Instant.now().minus(TIDY_EVERY))) {
                tidy(definitions.ids());
            }
        } catch (WakeupException e) {
            throw e;
        } catch (IOException | KafkaException | LetheException e) {
            if (isClosed()) {
                // Cut off: the next start carries it on.
                return;
            }
            problem = e.getMessage();
            log.atWarn()
                    .addKeyValue("sink", sink.name())
                    .addKeyValue("again_after_ms", wait)
                    .log("a version cannot be carried on now: {}", e.getMessage());
            closed.await(wait, TimeUnit.MILLISECONDS);
            wait = Math.min(2 * wait, LONGEST_WAIT_MS);
        }
    }

    /** What cannot be tidied up holds up nothing. */
    private void tidy(Set<String> models) {
        tidied = Instant.now();
        try {
            sink.tidy(models);
            untidy = null;
        } catch (IOException e) {
            untidy = "superseded versions cannot be removed: " + e.getMessage();
            log.atWarn().addKeyValue("sink", sink.name()).log("{}, tried again in an hour", untidy);
        }
    }

    /** One batch; where it stops short, reading goes on from there. */
    private void carry() throws IOException {
        var records = consumer.poll(POLL);
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            next.put(
                    partition,
                    new OffsetAndMetadata(records.records(partition).get(0).offset()));
        }
        try {
            take(records, next);
        } finally {
            next.forEach(consumer::seek);
            done.putAll(next);
        }
        commit(records.isEmpty());
    }

    /** What the sink has taken when one version fails is brought there all the same. */
    private void take(Iterable<ConsumerRecord<byte[], byte[]>> records, Map<TopicPartition, OffsetAndMetadata> next)
            throws IOException {
        Map<TopicPartition, OffsetAndMetadata> taken = new HashMap<>();
        try {
            for (ConsumerRecord<byte[], byte[]> record : records) {
                if (isClosed()) {
                    return;
                }
                take(record);
                taken.put(
                        new TopicPartition(record.topic(), record.partition()),
                        new OffsetAndMetadata(record.offset() + 1));
                if (sink.isFull()) {
                    flush(taken, next);
                }
            }
        } finally {
            flush(taken, next);
        }
    }

    /** Only what is there for good counts as done. */
    private void flush(Map<TopicPartition, OffsetAndMetadata> taken, Map<TopicPartition, OffsetAndMetadata> next)
            throws IOException {
        if (taken.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> flushed = Map.copyOf(taken);
        taken.clear();
        sink.flush();
        next.putAll(flushed);
        problem = null;
        wait = FIRST_WAIT_MS;
    }

    /** Not after each version: what was done and is not committed is done again, and nothing comes of it. */
    private void commit(boolean quiet) {
        long now = System.nanoTime();
        if (!done.isEmpty() && (quiet || now - committed > COMMIT_EVERY.toNanos())) {
            Map<TopicPartition, OffsetAndMetadata> all = Map.copyOf(done);
            // Also if it fails: the partitions may be somebody else's by now.
            done.clear();
            committed = now;
            consumer.commitSync(all);
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) throws IOException {
        try {
            if (record.value() == null) {
                sink.tombstone(topic.keys().deserializer().deserialize(record.topic(), record.key()));
                return;
            }
            ModelVersion version = topic.values().deserializer().deserialize(record.topic(), record.value());
            String model = version.getModelId();
            var spec = definitions
                    .of(model)
                    .orElseThrow(() -> new IllegalStateException("model " + model + " has no definition"));
            sink.accept(version, spec);
        } catch (SerializationException | IllegalStateException e) {
            log.atError()
                    .addKeyValue("sink", sink.name())
                    .addKeyValue("partition", record.partition())
                    .addKeyValue("offset", record.offset())
                    .log("a version is left out: {}", e.getMessage());
        }
    }

    /** Asks it to end; {@link #close} waits until it has. */
    void stop() {
        closed.countDown();
        // Not an interrupt: it would tear what is being written, and the consumer could not leave its group.
        consumer.wakeup();
    }

    @Override
    public void close() {
        stop();
        try {
            thread.join(STOP_MS);
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join(STOP_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sink.close();
    }
}
