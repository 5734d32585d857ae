package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what a topic holds now, from its first record to its present end. */
final class TopicReader {
    private static final Logger log = LoggerFactory.getLogger(TopicReader.class);
    private static final Duration POLL = Duration.ofMillis(100);

    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final Duration timeout;

    TopicReader(Supplier<Consumer<byte[], byte[]>> consumers, Duration timeout) {
        this.consumers = consumers;
        this.timeout = timeout;
    }

    /**
     * Hands every record on, in order within a partition; a tombstone has a null value.
     *
     * @throws LetheException if the end is not reached in time
     */
    <V> void read(Topic<String, V> topic, BiConsumer<String, V> action) {
        try (Consumer<byte[], byte[]> consumer = consumers.get()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long deadline = System.nanoTime() + timeout.toNanos();
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                if (System.nanoTime() > deadline) {
                    throw new LetheException("topic " + topic.name() + " was not read to its end within "
                            + timeout.toSeconds() + " s: is the Kafka cluster healthy?");
                }
                consumer.poll(POLL)
                        .forEach(record -> decode(topic, record.key(), record.value(), record.offset(), action));
            }
        }
    }

    private static <V> void decode(
            Topic<String, V> topic, byte[] key, byte[] value, long offset, BiConsumer<String, V> action) {
        String name;
        V decoded;
        try {
            name = topic.keys().deserializer().deserialize(topic.name(), key);
            decoded = topic.values().deserializer().deserialize(topic.name(), value);
        } catch (SerializationException e) {
            log.atWarn()
                    .addKeyValue("topic", topic.name())
                    .addKeyValue("offset", offset)
                    .addKeyValue("reason", e.getMessage())
                    .log("unreadable record skipped");
            return;
        }
        action.accept(name, decoded);
    }
}
