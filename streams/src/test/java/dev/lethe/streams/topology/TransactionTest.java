package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransactionTest {
    private final MockProcessorContext<String, Addressed> context = new MockProcessorContext<>();
    private final Transaction transaction = Transaction.current();

    /** The thread's is shared with other tests. */
    @BeforeEach
    void begin() {
        transaction.ended();
    }

    private static void poll(int records) {
        List<ConsumerRecord<byte[], byte[]>> some = IntStream.range(0, records)
                .mapToObj(i -> new ConsumerRecord<byte[], byte[]>("t", 0, i, null, null))
                .toList();
        try (var polled = new PolledRecords()) {
            polled.onConsume(new ConsumerRecords<>(Map.of(new TopicPartition("t", 0), some), Map.of()));
        }
    }

    @Test
    void shouldEndWithTheLastRecordOfASmallPoll() {
        poll(2);
        transaction.produced();
        transaction.worked(context);
        assertThat(context.committed()).isFalse();

        transaction.worked(context);

        assertThat(context.committed()).isTrue();
    }

    @Test
    void shouldLastUnderABacklog() {
        poll(1_000);
        transaction.produced();
        for (int i = 0; i < 1_000; i++) {
            transaction.worked(context);
        }

        assertThat(context.committed()).isFalse();
    }

    @Test
    void shouldEndUnderABacklogIfWhatWasSentIsUrgent() {
        poll(1_000);
        transaction.worked(context);
        transaction.produced();
        transaction.urgent();

        transaction.worked(context);

        assertThat(context.committed()).isTrue();
    }

    @Test
    void shouldNotEndForRecordsOfWhichNothingFollows() {
        poll(1);
        transaction.worked(context);

        assertThat(context.committed()).isFalse();
    }

    @Test
    void shouldEndOnceAPollWhenOlderRecordsAreLeft() {
        poll(1);
        transaction.produced();
        transaction.worked(context);
        context.resetCommit();

        // Of the poll before.
        transaction.worked(context);

        assertThat(context.committed()).isFalse();
    }

    @Test
    void shouldEndWithWhatATimerProduced() {
        transaction.endIfProduced(context);
        assertThat(context.committed()).isFalse();

        transaction.produced();
        transaction.endIfProduced(context);

        assertThat(context.committed()).isTrue();
    }
}
