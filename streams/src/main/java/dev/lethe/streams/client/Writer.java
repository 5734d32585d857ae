package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.TopicSetup;
import dev.lethe.streams.topology.Topic;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes messages with their CloudEvents headers; a record that Kafka has acknowledged is on every in-sync replica. */
final class Writer implements AutoCloseable {
    private final Producer<byte[], byte[]> producer;
    private final String source;
    private final String run = UUID.randomUUID().toString();
    private final AtomicLong count = new AtomicLong();

    Writer(ClientSettings settings) {
        source = settings.source();
        var bytes = new ByteArraySerializer();
        producer = new KafkaProducer<>(
                settings.properties(Map.of(
                        ProducerConfig.ACKS_CONFIG, "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true",
                        ProducerConfig.LINGER_MS_CONFIG, "0",
                        // What a topic takes is the broker's to say: a choice of a champion carries its parameters.
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(TopicSetup.INTERNAL_MESSAGE_BYTES),
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, "15000",
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "60000",
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "15000")),
                bytes,
                bytes);
    }

    /** A fresh event id. */
    String eventId() {
        return run + "-" + count.incrementAndGet();
    }

    /** Completes when Kafka has the record; fails with a {@link LetheException}. */
    <V extends SpecificRecord> CompletableFuture<RecordMetadata> write(
            Topic<String, ? super V> topic, String key, V value, String eventId, long timestamp) {
        return write(topic, null, key, value, eventId, timestamp);
    }

    /** The same to one partition. @param partition null: by the key */
    <V extends SpecificRecord> CompletableFuture<RecordMetadata> write(
            Topic<String, ? super V> topic, Integer partition, String key, V value, String eventId, long timestamp) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic.name(),
                partition,
                timestamp,
                topic.keys().serializer().serialize(topic.name(), key),
                topic.values().serializer().serialize(topic.name(), value));
        CloudEvents.describe(record, eventId, source, CloudEvents.type(value));
        CompletableFuture<RecordMetadata> done = new CompletableFuture<>();
        try {
            producer.send(record, (metadata, exception) -> {
                if (exception == null) {
                    done.complete(metadata);
                } else {
                    done.completeExceptionally(explain(topic, exception));
                }
            });
        } catch (KafkaException e) {
            done.completeExceptionally(explain(topic, e));
        }
        return done;
    }

    private static LetheException explain(Topic<?, ?> topic, Exception e) {
        return e instanceof RecordTooLargeException
                ? new MessageTooLargeException(
                        "a message for topic " + topic.name() + " is larger than Kafka takes (1 MB by default):"
                                + " split it, for example a list of ids into several requests",
                        e)
                : new LetheException("topic " + topic.name() + " does not take a message: " + e.getMessage(), e);
    }

    int partitions(Topic<?, ?> topic) {
        return producer.partitionsFor(topic.name()).size();
    }

    @Override
    public void close() {
        producer.close();
    }
}
