package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/** Reads the dead-letter topic of a real broker, as it grows. */
final class DeadLetters implements AutoCloseable {
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(50);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();

    DeadLetters(String bootstrapServers, Topics topics) {
        var bytes = new ByteArrayDeserializer();
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"), bytes, bytes);
        String name = topics.deadLetters().name();
        consumer.assign(consumer.partitionsFor(name).stream()
                .map(p -> new TopicPartition(name, p.partition()))
                .toList());
        consumer.seekToBeginning(consumer.assignment());
    }

    int size() {
        return read.size();
    }

    private void poll() {
        consumer.poll(POLL).forEach(read::add);
    }

    void awaitMore(int than) {
        Awaitility.await("dead letters").atMost(WAIT).until(() -> {
            poll();
            return read.size() > than;
        });
    }

    /** The dead letter of these bytes, once it is there. */
    ConsumerRecord<byte[], byte[]> await(String key, byte[] value) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        return Awaitility.await("dead letter of " + key)
                .atMost(WAIT)
                .until(
                        () -> {
                            poll();
                            return read.stream()
                                    .filter(r -> Arrays.equals(r.key(), keyBytes) && Arrays.equals(r.value(), value))
                                    .findFirst();
                        },
                        Optional::isPresent)
                .orElseThrow();
    }

    /** These bytes, put aside for this reason. */
    void shouldHold(String key, byte[] value, String code) {
        var letter = await(key, value);
        assertThat(header(letter, Nodes.REASON_CODE_HEADER)).isEqualTo(code);
        assertThat(header(letter, Nodes.REASON_HEADER)).isNotEmpty();
    }

    void shouldHaveReasons(String what) {
        assertThat(read)
                .allSatisfy(letter -> assertThat(header(letter, Nodes.REASON_CODE_HEADER))
                        .as(what)
                        .isNotEmpty());
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
