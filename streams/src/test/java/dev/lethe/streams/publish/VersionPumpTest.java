package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What counts as done, and how it ends. */
class VersionPumpTest {
    private static final Duration WAIT = Duration.ofSeconds(20);

    private final Topic<String, ModelVersion> topic = new Topics("lethe").versions();
    private final TopicPartition partition = new TopicPartition(topic.name(), 0);
    private final List<ModelVersion> chain = new Versions(5).chain(3);
    private final Sink sink = new Sink();
    private final Consumer consumer = new Consumer();
    private VersionPump pump;

    /** As the real one, its last word does not get out of an interrupted thread. */
    private static final class Consumer extends MockConsumer<byte[], byte[]> {
        private final CountDownLatch woken = new CountDownLatch(1);

        Consumer() {
            super("earliest");
        }

        @Override
        public void wakeup() {
            super.wakeup();
            woken.countDown();
        }

        @Override
        public synchronized void close(CloseOptions options) {
            if (Thread.interrupted()) {
                throw new InterruptException("close");
            }
            super.close(options);
        }
    }

    /** Takes notes; fails, is full, or takes its time when told to. */
    private final class Sink implements VersionSink {
        private final List<Long> taken = new ArrayList<>();
        private final List<List<Long>> flushed = new CopyOnWriteArrayList<>();
        private final CountDownLatch writing = new CountDownLatch(1);
        private volatile long refused;
        private volatile boolean failing;
        private volatile boolean slow;
        private volatile boolean torn;
        private volatile int room = Integer.MAX_VALUE;

        @Override
        public String name() {
            return "notes";
        }

        @Override
        public void accept(ModelVersion version, ModelSpec spec) throws IOException {
            if (version.getVersion() == refused) {
                again();
                throw new IOException("not now");
            }
            taken.add(version.getVersion());
        }

        @Override
        public boolean isFull() {
            return taken.size() >= room;
        }

        @Override
        public void flush() throws IOException {
            writing.countDown();
            List<Long> all = List.copyOf(taken);
            taken.clear();
            if (failing) {
                again();
                throw new IOException("the disk is full");
            }
            if (slow) {
                writeUntilClosed();
            }
            flushed.add(all);
        }

        private void writeUntilClosed() {
            try {
                consumer.woken.await();
                // For an interrupt, if there is one.
                Thread.sleep(100);
            } catch (InterruptedException e) {
                torn = true;
            }
        }

        /** The mock gives a record out once, Kafka as often as it is asked. */
        private void again() {
            consumer.schedulePollTask(VersionPumpTest.this::put);
        }

        @Override
        public void close() {
            // Nothing is held open.
        }
    }

    private void put() {
        for (int i = 0; i < chain.size(); i++) {
            byte[] value = topic.values().serializer().serialize(topic.name(), chain.get(i));
            consumer.addRecord(new ConsumerRecord<>(topic.name(), 0, i, new byte[0], value));
        }
    }

    private void start() {
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.schedulePollTask(() -> {
            consumer.rebalance(List.of(partition));
            put();
        });
        pump = new VersionPump(consumer, topic, new Definitions(() -> Map.of(Versions.MODEL, Versions.SPEC)), sink);
    }

    @AfterEach
    void stop() {
        pump.close();
    }

    private long committed() {
        var at = consumer.committed(Set.of(partition)).get(partition);
        return at == null ? -1 : at.offset();
    }

    @Test
    void shouldBringABatchThereTogether() {
        start();

        await().atMost(WAIT).until(() -> committed() == 3);
        assertThat(sink.flushed).containsExactly(List.of(1L, 2L, 3L));
    }

    @Test
    void shouldBringThereWhatASinkHasRoomFor() {
        sink.room = 2;
        start();

        await().atMost(WAIT).until(() -> committed() == 3);
        assertThat(sink.flushed).containsExactly(List.of(1L, 2L), List.of(3L));
    }

    @Test
    void shouldCountNothingAsDoneThatWasTakenAndDidNotGetThere() {
        sink.failing = true;
        start();

        await().atMost(WAIT).untilAsserted(() -> assertThat(pump.problem()).hasValue("notes: the disk is full"));
        assertThat(committed()).isLessThanOrEqualTo(0);
        sink.failing = false;
        await().atMost(WAIT).until(() -> committed() == 3);
        assertThat(sink.flushed).containsExactly(List.of(1L, 2L, 3L));
        assertThat(pump.problem()).isEmpty();
    }

    @Test
    void shouldBringThereWhatCameBeforeARefusedVersionAndGoOnAtIt() {
        sink.refused = 2;
        start();

        await().atMost(WAIT).untilAsserted(() -> assertThat(pump.problem()).hasValue("notes: not now"));
        await().atMost(WAIT).untilAsserted(() -> assertThat(sink.flushed).containsExactly(List.of(1L)));
        sink.refused = 0;
        await().atMost(WAIT).until(() -> committed() == 3);
        assertThat(sink.flushed).containsExactly(List.of(1L), List.of(2L, 3L));
    }

    /** An interrupt would close the file that is being written, and the consumer could not leave its group. */
    @Test
    void shouldFinishWhatItWritesAndLeaveItsGroupWhenItIsClosed() throws InterruptedException {
        sink.slow = true;
        start();
        sink.writing.await();

        pump.close();

        assertThat(sink.torn).isFalse();
        assertThat(sink.flushed).hasSize(1);
        assertThat(consumer.closed()).isTrue();
        assertThat(pump.problem()).isEmpty();
    }

    /** A backlog is left to the next start. */
    @Test
    void shouldTakeNothingMoreOnceItIsClosed() throws InterruptedException {
        sink.slow = true;
        sink.room = 1;
        start();
        sink.writing.await();

        pump.close();

        assertThat(sink.flushed).containsExactly(List.of(1L));
    }

    /** While it waits before the next try. */
    @Test
    void shouldEndAtOnceWhileItsSinkFails() {
        sink.failing = true;
        start();
        await().atMost(WAIT).until(() -> pump.problem().isPresent());

        pump.close();

        assertThat(consumer.closed()).isTrue();
        assertThat(pump.problem()).hasValue("notes: the disk is full");
    }
}
