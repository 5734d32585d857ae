package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Follows what a contender has committed and notes when it held how much. */
final class Outputs implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** How many units of load an output accounts for, together with all before it. */
    interface Held {
        long after(long before, byte[] value);
    }

    private final Consumer<byte[], byte[]> consumer;
    private final Held held;
    private final String topic;
    /** By units held: when it was first so. */
    private final ConcurrentSkipListMap<Long, Long> seen = new ConcurrentSkipListMap<>();

    private final Thread thread = new Thread(this::follow, "lethe-bench-outputs");
    private volatile long last;
    private volatile boolean closed;

    /** From the topic's present end on. */
    Outputs(String bootstrapServers, String topic, Held held) {
        this.topic = topic;
        this.held = held;
        var bytes = new ByteArrayDeserializer();
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        consumer = new KafkaConsumer<>(settings, bytes, bytes);
        var partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        // Seeking is lazy: fix the place now, so that nothing from here on is missed.
        partitions.forEach(consumer::position);
        thread.setDaemon(true);
        thread.start();
    }

    private void follow() {
        try (consumer) {
            while (!closed) {
                var records = consumer.poll(POLL);
                long now = System.nanoTime();
                records.forEach(record -> note(held.after(last, record.value()), now));
            }
        } catch (WakeupException e) {
            // closed
        }
    }

    private void note(long units, long now) {
        if (units > last) {
            seen.put(units, now);
            last = units;
        }
    }

    /** Units held so far. */
    long last() {
        return last;
    }

    /**
     * Waits until so many units are held.
     *
     * @return when it was first so, by {@link System#nanoTime}
     */
    long await(long units) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (last < units) {
            if (System.nanoTime() > end || !thread.isAlive()) {
                throw new LetheException("topic " + topic + " accounts for " + last + " of " + units + " after "
                        + PATIENCE.toSeconds() + " s: see the log, or use --quick on a slow machine");
            }
            sleep();
        }
        return seen.ceilingEntry(units).getValue();
    }

    private static void sleep() {
        try {
            TimeUnit.MILLISECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while a benchmark ran", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        try {
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
