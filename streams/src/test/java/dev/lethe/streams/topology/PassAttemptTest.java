package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.store.RowBudget;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard that moves to another process, or whose process ends, in the middle of a pass. */
class PassAttemptTest {
    private static final double[] THETA = {0.5, -1};

    @TempDir
    Path directory;

    private final ModelSpec spec = River.model("m", ModelFamily.RIDGE, 1, 1).build();
    private final List<StateStore> stores = new ArrayList<>();
    /** Of the present life; the stores outlive it. */
    private MockProcessorContext<String, Addressed> context;

    private CommitHook hook;

    private MockProcessorContext<String, Addressed> context() {
        return new MockProcessorContext<>(new Properties(), new TaskId(1, 0), directory.toFile());
    }

    @BeforeEach
    void open() {
        context = context();
        store(Nodes.SAMPLES, Messages.serde(StoredSample.class));
        store(Nodes.SUBJECTS, Serdes.ByteArray());
        store(Nodes.SUPPRESSED, Serdes.ByteArray());
        store(Nodes.OPEN_MODELS, Messages.serde(OpenModel.class));
        store(Nodes.COMPUTED, Messages.serde(ComputedRow.class));
        store(Nodes.WORK, Messages.serde(List.of(Part.class, PartCursor.class)).as(SpecificRecord.class));
    }

    private <V> void store(String name, Serde<V> values) {
        var store = InMemory.store(context, name, values);
        stores.add(store);
    }

    private ShardProcessor life() {
        var settings = TopologySettings.of(new Topics("t"), 1, Duration.ofHours(1), 64, 16, 0)
                .build();
        var processor = new ShardProcessor(settings, new RowBudget(1 << 20));
        context = context();
        context.setCurrentSystemTimeMs(1_000);
        stores.forEach(context::addStateStore);
        hook = CommitHook.builder(Nodes.SHARD_COMMIT).build();
        context.addStateStore(hook);
        processor.init(context);
        return processor;
    }

    private void tick() {
        context.scheduledPunctuators().stream()
                .filter(p -> !p.cancelled())
                .forEach(p -> p.getPunctuator().punctuate(0));
    }

    private <T> List<T> sent(Class<T> type) {
        hook.flushCache();
        return context.forwarded().stream()
                .map(forward -> forward.record().value())
                .filter(Addressed.class::isInstance)
                .map(value -> ((Addressed) value).message())
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    private static Record<String, SpecificRecord> record(String key, SpecificRecord value) {
        return new Record<>(key, value, 1_000);
    }

    private static Sample sample(int i) {
        return River.sample("s" + i, null, "1", i);
    }

    @Test
    void shouldAnswerAPendingPassAgainWithTheNextAttempt() {
        ShardProcessor first = life();
        first.process(record("m", new ModelOpened(spec, 0, null)));
        for (int i = 0; i < 10; i++) {
            first.process(record("d/s" + i, sample(i)));
        }
        first.process(record(
                "m",
                Pass.newBuilder()
                        .setModelId("m")
                        .setPassId(7)
                        .setTheta(Doubles.toBuffer(THETA))
                        .setCurvature(false)
                        .setGram(false)
                        .setReplyPartition(0)
                        .build()));
        assertThat(sent(Cut.class)).containsExactly(new Cut("m", 7L, 1, 0));
        first.close();
        assertThat(sent(ShardStatistics.class)).isEmpty();

        ShardProcessor second = life();
        second.process(record("d/s10", sample(10)));
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            tick();
            return !sent(ShardStatistics.class).isEmpty();
        });
        assertThat(sent(Cut.class)).containsExactly(new Cut("m", 7L, 2, 0));
        ShardStatistics answer = sent(ShardStatistics.class).get(0);
        assertThat(answer.getAttempt()).isEqualTo(2);
        byte[] payload = new byte[answer.getPayload().remaining()];
        answer.getPayload().get(payload);
        // The row that came after the restart came after the new cut.
        assertThat(Sums.decode(payload).rows()).isEqualTo(10);
        second.close();

        ShardProcessor third = life();
        tick();
        assertThat(sent(Cut.class)).as("an answered pass is not answered again").isEmpty();
        third.close();
    }

    private static ShardStatistics chunk(int shard, int attempt, int index, byte[] sums) {
        int half = sums.length / 2;
        ByteBuffer payload =
                index == 0 ? ByteBuffer.wrap(sums, 0, half) : ByteBuffer.wrap(sums, half, sums.length - half);
        return new ShardStatistics("m", 7L, attempt, shard, index, 2, payload, null);
    }

    @Test
    void shouldTakeOneWholeAttemptOfEachShard() {
        var wanted = new Wanted(false, false, false, null);
        var pass = new PassInFlight(7, new Question(Purpose.SETTLE, THETA, wanted), 2, 0);
        byte[] sums = new Sums(3, 0, 3, 1, 1, 1, new double[] {1, 2}, null, null, null).encode();
        byte[] again = new Sums(4, 0, 4, 1, 1, 1, new double[] {3, 4}, null, null, null).encode();
        pass.cut(new Cut("m", 7L, 1, 0), 5, 0);
        pass.cut(new Cut("m", 7L, 1, 1), 5, 0);
        pass.statistics(chunk(1, 1, 0, sums), 0);
        pass.statistics(chunk(1, 1, 1, sums), 0);
        pass.statistics(chunk(0, 1, 0, sums), 0);
        pass.cut(new Cut("m", 7L, 2, 0), 9, 0);
        pass.statistics(chunk(0, 1, 1, sums), 0);
        assertThat(pass.complete()).isFalse();
        pass.statistics(chunk(0, 2, 0, again), 0);
        assertThat(pass.complete()).isFalse();
        pass.statistics(chunk(0, 2, 1, again), 0);
        assertThat(pass.complete()).isTrue();
        assertThat(pass.merged().rows()).isEqualTo(7);
        assertThat(pass.merged().gradient()).containsExactly(4, 6);
    }
}
