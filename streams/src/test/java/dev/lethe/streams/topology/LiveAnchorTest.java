package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.TailEntry;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.Test;

/** Which changes an anchor takes in while a pass is under way. */
class LiveAnchorTest {
    private static final double[] THETA = {0.5, -1};

    private final MockProcessorContext<String, Addressed> context = new MockProcessorContext<>();
    private final ModelSpec spec = River.model("m", ModelFamily.RIDGE, 1, 1).build();
    private final Objective objective = Specs.objective(spec);
    private final ModelState state =
            ModelState.create(store("anchors", ModelAnchor.class), store("progress", ModelProgress.class), spec);
    private final Tail tail = new Tail(TailStoreTest.store(context), "m", Specs.mapper(spec), 0, 0);
    private final LiveAnchor live = new LiveAnchor(objective, state, tail, null, 64, Patching.EXACT);
    private final PassInFlight pass =
            new PassInFlight(1, new Question(Purpose.SETTLE, THETA, new Wanted(false, false, false, null)), 1, 0);

    private <V extends SpecificRecord> KeyValueStore<String, V> store(String name, Class<V> type) {
        return InMemory.store(context, name, Messages.serde(type));
    }

    private void add(double x) {
        tail.append(new TailEntry(0, null, new RowData(Doubles.toBuffer(new double[] {x}), "1", 1.0), null, null));
    }

    private static double x(RowChange change) {
        return change.after().x()[0];
    }

    private Anchor anchor() {
        return Anchor.at(objective, THETA, null, Sums.empty(objective, false, false));
    }

    /** Of all that came in, only what came after the cut is not in the pass's sums, folded meanwhile or not. */
    @Test
    void shouldGiveExactlyTheChangesBehindTheCut() {
        live.move(anchor());
        live.mark();
        add(1);
        live.fold(true);
        pass.cut(new Cut("m", 1L, 1, 0), tail.last(), 0);
        add(2);
        live.fold(true);
        add(3);
        var since = live.since(pass);
        assertThat(since.inBoth()).extracting(LiveAnchorTest::x).containsExactly(1.0);
        assertThat(since.behind()).extracting(LiveAnchorTest::x).containsExactly(2.0);
        assertThat(since.ahead()).isEmpty();
        live.fold(true);
        assertThat(live.since(pass).behind()).extracting(LiveAnchorTest::x).containsExactly(2.0, 3.0);
        assertThat(live.get().rows()).isEqualTo(3);
        // ∇J over the three rows with y = 1, and the penalty: Σ (θᵀx − y)·x + Λ·θ.
        double ofWeight = THETA[0];
        double ofIntercept = THETA[1];
        for (double x : new double[] {1, 2, 3}) {
            double residual = THETA[0] * x + THETA[1] - 1;
            ofWeight += residual * x;
            ofIntercept += residual;
        }
        assertThat(live.get().gradientNorm()).isCloseTo(Math.hypot(ofWeight, ofIntercept), within(1e-12));
    }

    /** Where the anchor is made anew from a pass, what waited and is in its sums must not be folded later. */
    @Test
    void shouldTakeInWhatWaitedForAnAnchorThatIsMadeAnew() {
        live.move(anchor());
        live.mark();
        add(1);
        pass.cut(new Cut("m", 1L, 1, 0), tail.last(), 0);
        add(2);
        assertThat(live.since(pass).ahead()).extracting(LiveAnchorTest::x).containsExactly(1.0);
        assertThat(live.takenBehind(pass)).extracting(LiveAnchorTest::x).containsExactly(2.0);
        assertThat(tail.pending()).isZero();
    }

    @Test
    void shouldFoldNothingTwice() {
        live.move(anchor());
        add(1);
        live.fold(false);
        live.fold(false);
        assertThat(live.get().changes()).isEqualTo(1);
        assertThat(live.untouched()).isFalse();
        pass.cut(new Cut("m", 1L, 1, 0), tail.last(), 0);
        assertThat(live.since(pass).behind()).isEmpty();
    }
}
