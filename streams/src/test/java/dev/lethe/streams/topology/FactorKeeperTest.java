package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.TailEntry;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.store.FactorCache;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A factor over a restart: out of its snapshot and the tail behind it, or else by a pass. */
class FactorKeeperTest {
    private static final long SEED = 77;
    private static final int FEATURES = 5;

    @TempDir
    Path directory;

    private final MockProcessorContext<String, Addressed> context = new MockProcessorContext<>();
    private final ModelSpec spec = River.model("m", ModelFamily.LOGISTIC, FEATURES, 1)
            .setClasses(List.of("no", "yes"))
            .build();
    private final Objective objective = Specs.objective(spec);
    private final KeyValueStore<String, ModelAnchor> anchors = store("anchors", ModelAnchor.class);
    private final KeyValueStore<String, ModelProgress> progresses = store("progress", ModelProgress.class);
    private final KeyValueStore<String, SpecificRecord> tails = TailStoreTest.store(context);
    private final Random random = new Random(SEED);
    private final Worker worker = new Worker("test");
    private FactorCache cache;
    private long clock = 1_000_000;

    private <V extends SpecificRecord> KeyValueStore<String, V> store(String name, Class<V> type) {
        return InMemory.store(context, name, Messages.serde(type));
    }

    @BeforeEach
    void open() {
        cache = FactorCache.open(directory);
    }

    @AfterEach
    void close() {
        worker.close();
        cache.close();
    }

    /** One life of the model's task. */
    private final class Life {
        final Tail tail;
        final LiveAnchor live;
        final FactorKeeper keeper;
        int passes;

        Life(ModelState state) {
            long applied = state.progress().getTailApplied();
            tail = new Tail(tails, "m", Specs.mapper(spec), applied, applied);
            live = new LiveAnchor(objective, state, tail, null, 64, Patching.EXACT);
            keeper = new FactorKeeper(cache, "m", live, worker, 16);
        }

        void change(int count) {
            for (int i = 0; i < count; i++) {
                tail.append(new TailEntry(0, null, data(), null, null));
            }
            live.fold(false);
            tail.flush();
        }

        void tick() {
            clock += 5;
            worker.drain();
            keeper.tick(clock, clock - 600, false);
        }

        void untilKept(long applied) {
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                clock += 100;
                tick();
                return FactorCache.list(directory).stream()
                        .anyMatch(line -> line.key().applied() == applied);
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                tick();
                return tail.reaches(applied + 1) && !tail.reaches(applied);
            });
        }

        void restore() {
            keeper.restore(() -> passes++);
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                tick();
                return !keeper.restoring();
            });
        }
    }

    private RowData data() {
        double[] x = random.doubles(FEATURES, -1, 1).toArray();
        return new RowData(Doubles.toBuffer(x), random.nextBoolean() ? "yes" : "no", 1.0);
    }

    private Life first() {
        Life life = new Life(ModelState.create(anchors, progresses, spec));
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            RowData row = data();
            rows.add(((Fits) Specs.mapper(spec).map(Doubles.toArray(row.getFeatures()), row.getLabel(), 1)).row());
        }
        life.live.move(InMemoryFit.fit(objective, rows, null));
        return life;
    }

    private Life next() {
        return new Life(ModelState.load(anchors, progresses, anchors.get("m")));
    }

    private static void shouldBeAlike(Life one, Life other) {
        double[] want = one.live.get().correct().theta();
        double[] got = other.live.get().correct().theta();
        double distance = 0;
        for (int i = 0; i < want.length; i++) {
            distance = Math.max(distance, Math.abs(want[i] - got[i]));
        }
        assertThat(distance).as("seed %d", SEED).isLessThan(1e-12);
    }

    @Test
    void shouldGoOnFromTheSnapshotAndTheTailBehindIt() {
        Life before = first();
        before.change(40);
        before.untilKept(40);
        before.change(70);
        Life after = next();
        after.restore();
        assertThat(after.passes).isZero();
        shouldBeAlike(before, after);
        after.change(10);
        after.untilKept(120);
        Life third = next();
        third.restore();
        assertThat(third.passes).isZero();
        shouldBeAlike(after, third);
    }

    @Test
    void shouldMakeAPassWithoutASnapshot() {
        first().change(3);
        Life after = next();
        after.restore();
        assertThat(after.passes).isEqualTo(1);
        assertThat(after.live.get().hasFactor()).isFalse();
    }

    @Test
    void shouldMakeAPassWhenAnotherProcessTookTheTailOn() {
        Life before = first();
        before.change(40);
        before.untilKept(40);
        before.change(3);
        before.change(2);
        before.tail.trim(43, 100);
        Life after = next();
        after.restore();
        assertThat(after.passes).isEqualTo(1);
    }

    @Test
    void shouldMakeAPassWhenTheSnapshotIsAheadOfWhatWasCommitted() {
        Life before = first();
        before.change(40);
        ModelProgress committed = progresses.get("m");
        before.change(2);
        before.untilKept(42);
        progresses.put("m", committed);
        Life after = next();
        after.restore();
        assertThat(after.passes).isEqualTo(1);
    }

    @Test
    void shouldKeepTheTailShortWithoutACache() {
        Life life = first();
        var keeper = new FactorKeeper(null, "m", life.live, worker, 16);
        life.change(40);
        keeper.tick(clock, clock, false);
        assertThat(life.tail.reaches(40)).isFalse();
        int[] passes = new int[1];
        keeper.restore(() -> passes[0]++);
        assertThat(passes[0]).isEqualTo(1);
        assertThat(keeper.restoring()).isFalse();
    }
}
