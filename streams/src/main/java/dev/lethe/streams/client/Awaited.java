package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;

/** Waits for a record that is written from now on. One thread. */
final class Awaited<V> implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Consumer<byte[], byte[]> consumer;
    private final Topic<String, V> topic;

    /** @param consumer closed with this */
    Awaited(Consumer<byte[], byte[]> consumer, Topic<String, V> topic) {
        this.consumer = consumer;
        this.topic = topic;
        List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        // Seeking is lazy: fix the place now.
        partitions.forEach(consumer::position);
    }

    /**
     * The first record that is wanted.
     *
     * @throws LetheException if none comes in time
     */
    V await(Predicate<V> wanted, Duration timeout, String what) {
        long end = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                V value = value(record);
                if (value != null && wanted.test(value)) {
                    return value;
                }
            }
        }
        throw new LetheException(
                "no " + what + " within " + timeout.toSeconds() + " s: is the service running, with this prefix?");
    }

    private V value(ConsumerRecord<byte[], byte[]> record) {
        try {
            return topic.values().deserializer().deserialize(record.topic(), record.value());
        } catch (SerializationException e) {
            // Somebody else's: what is waited for is readable.
            return null;
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
