package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.store.RowBudget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples that a producer, or an earlier release, put on another shard than their ids say. */
class StraysTest {
    private static final int HERE = 1;
    private static final Homes HOMES = new Homes(3);
    private static final long TIME = 1_000;
    private static final long LATER = 2_000;

    private static final String OWN = withHome(true);
    private static final String STRAY = withHome(false);

    @TempDir
    Path directory;

    private MockProcessorContext<String, Addressed> context;
    private KeyValueStore<String, StoredSample> samples;
    private CommitHook hook;
    private ShardProcessor shard;

    private static String withHome(boolean here) {
        return IntStream.range(0, 100)
                .mapToObj(i -> "s" + i)
                .filter(id -> (HOMES.of("d", id) == HERE) == here)
                .findFirst()
                .orElseThrow();
    }

    @BeforeEach
    void open() {
        var settings = TopologySettings.of(new Topics("t"), HOMES.shards(), Duration.ofHours(1), 64, 16, 0)
                .build();
        context = new MockProcessorContext<>(new Properties(), new TaskId(1, HERE), directory.toFile());
        context.setCurrentSystemTimeMs(5_000);
        samples = store(Nodes.SAMPLES, Messages.serde(StoredSample.class));
        store(Nodes.SUBJECTS, Serdes.ByteArray());
        store(Nodes.SUPPRESSED, Serdes.ByteArray());
        store(Nodes.OPEN_MODELS, Messages.serde(OpenModel.class));
        store(Nodes.COMPUTED, Messages.serde(ComputedRow.class));
        store(Nodes.WORK, Messages.serde(List.of(Part.class, PartCursor.class)).as(SpecificRecord.class));
        hook = CommitHook.builder(Nodes.SHARD_COMMIT).build();
        context.addStateStore(hook);
        shard = new ShardProcessor(settings, new RowBudget(1 << 20));
    }

    private <V> KeyValueStore<String, V> store(String name, Serde<V> values) {
        var store = InMemory.store(context, name, values);
        context.addStateStore(store);
        return store;
    }

    private void start() {
        shard.init(context);
        var model = River.model("m", ModelFamily.RIDGE, 1, 1).build();
        shard.process(new Record<>("m", new ModelOpened(model, 0, null), TIME));
    }

    @AfterEach
    void close() {
        shard.close();
    }

    private void arrive(String id, Sample sample, long time) {
        shard.process(new Record<>("d/" + id, sample, time));
    }

    private static Sample sample(String id, double x) {
        return River.sample(id, "u", "1", x);
    }

    private static StoredSample stored(double x, long time) {
        return new StoredSample("u", Doubles.toBuffer(new double[] {x}), "1", 1.0, time);
    }

    private void tick() {
        context.scheduledPunctuators().stream()
                .filter(p -> !p.cancelled())
                .forEach(p -> p.getPunctuator().punctuate(0));
    }

    /** What went to the samples topic. */
    private List<Record<?, ?>> sentOn() {
        return context.forwarded(Nodes.TO_SAMPLES).stream()
                .<Record<?, ?>>map(MockProcessorContext.CapturedForward::record)
                .toList();
    }

    private List<Change> told() {
        hook.flushCache();
        return context.forwarded(Nodes.TO_ANSWERS).stream()
                .map(forward -> (Change) ((Addressed) forward.record().value()).message())
                .toList();
    }

    private static void shouldBe(Record<?, ?> record, int partition, String id, Sample value) {
        assertThat(record.key()).isEqualTo("d/" + id);
        var addressed = (Addressed) record.value();
        assertThat(addressed.partition()).hasValue(partition);
        assertThat(addressed.message()).isEqualTo(value);
    }

    @Test
    void shouldSendHomeWhatArrives() {
        start();
        arrive(STRAY, sample(STRAY, 3), TIME);
        assertThat(sentOn()).hasSize(2);
        shouldBe(sentOn().get(0), HOMES.of("d", STRAY), STRAY, sample(STRAY, 3));
        assertThat(sentOn().get(0).timestamp())
                .as("suppression of a subject goes by it")
                .isEqualTo(TIME);
        shouldBe(sentOn().get(1), HERE, STRAY, null);
        assertThat(samples.all()).isExhausted();
        assertThat(told()).isEmpty();
    }

    @Test
    void shouldSendATombstoneHome() {
        start();
        arrive(STRAY, null, TIME);
        assertThat(sentOn()).hasSize(1);
        shouldBe(sentOn().get(0), HOMES.of("d", STRAY), STRAY, null);
    }

    @Test
    void shouldKeepWhatIsAtHome() {
        start();
        arrive(OWN, sample(OWN, 3), TIME);
        assertThat(sentOn()).isEmpty();
        assertThat(told()).hasSize(1);
        assertThat(samples.get("d/" + OWN)).isEqualTo(stored(3, TIME));
    }

    @Test
    void shouldSendHomeOnceWhatIsStored() {
        samples.put("d/" + OWN, stored(1, TIME));
        samples.put("d/" + STRAY, stored(2, TIME));
        start();
        tick();
        assertThat(sentOn()).hasSize(2);
        shouldBe(sentOn().get(0), HOMES.of("d", STRAY), STRAY, sample(STRAY, 2));
        assertThat(sentOn().get(0).timestamp()).isEqualTo(TIME);
        assertThat(told()).singleElement().satisfies(change -> {
            assertThat(change.getBefore()).isNotNull();
            assertThat(change.getAfter()).isNull();
        });
        assertThat(samples.get("d/" + STRAY)).isNull();
        assertThat(samples.get("d/" + OWN)).isEqualTo(stored(1, TIME));
        tick();
        assertThat(sentOn()).hasSize(2);
    }

    @Test
    void shouldLetANewerRowStandWhenAnOlderOneComesHome() {
        start();
        arrive(OWN, sample(OWN, 1), LATER);
        var headers = new RecordHeaders()
                .add(Nodes.SENT_HOME_HEADER, context.applicationId().getBytes());
        shard.process(new Record<>("d/" + OWN, sample(OWN, 2), TIME, headers));
        hook.flushCache();
        assertThat(samples.get("d/" + OWN)).isEqualTo(stored(1, LATER));
        assertThat(sentOn()).hasSize(1);
        shouldBe(sentOn().get(0), HERE, OWN, sample(OWN, 1));
    }
}
