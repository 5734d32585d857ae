package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolledRecordsTest {
    private static final TopicPartition SAMPLES = new TopicPartition("lethe.samples", 0);
    private static final TopicPartition REQUESTS = new TopicPartition("lethe.requests", 0);
    private static final Origin OURS = new Origin("lethe");

    private final PolledRecords polled = new PolledRecords();

    @BeforeEach
    void configure() {
        polled.configure(Map.of(PolledRecords.SAMPLES, SAMPLES.topic(), ConsumerConfig.GROUP_ID_CONFIG, "lethe"));
    }

    /** @param marks who each record says it is from; null: it does not say */
    private static ConsumerRecords<byte[], byte[]> records(TopicPartition from, Origin... marks) {
        List<ConsumerRecord<byte[], byte[]>> records = Arrays.stream(marks)
                .map(mark -> new ConsumerRecord<byte[], byte[]>(
                        from.topic(),
                        from.partition(),
                        0,
                        0,
                        TimestampType.CREATE_TIME,
                        0,
                        0,
                        null,
                        null,
                        mark == null ? new RecordHeaders() : mark.mark(Nodes.ORIGIN_HEADER),
                        Optional.empty()))
                .toList();
        return new ConsumerRecords<>(Map.of(from, records), Map.of(from, new OffsetAndMetadata(7)));
    }

    @Test
    void shouldLeaveOutWhatTheDeploymentWroteBack() {
        var others = records(SAMPLES, OURS, null, new Origin("another"));

        var left = polled.onConsume(others);

        assertThat(left.records(SAMPLES))
                .containsExactlyElementsOf(others.records(SAMPLES).subList(1, 3));
    }

    @Test
    void shouldKeepThePositionWhereNothingIsLeft() {
        var left = polled.onConsume(records(SAMPLES, OURS));

        assertThat(left.isEmpty()).isTrue();
        assertThat(left.nextOffsets()).isEqualTo(Map.of(SAMPLES, new OffsetAndMetadata(7)));
    }

    @Test
    void shouldKeepRecordsOfOtherTopicsWhateverTheyClaim() {
        assertThat(polled.onConsume(records(REQUESTS, OURS)).count()).isOne();
    }
}
