package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.unlearn.objective.Row;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** 200 rows in batches of 16: 13 steps an epoch, 52 in all, a checkpoint every second one. */
class ExactReplayTest {

    private static final Architecture SMALL = Architecture.perceptron(new Layer.Tanh(), 8, 12, 3);
    private static final List<Row> ROWS = Networks.clouds(8, 3, 200, 0.6, 1);
    private static final BitSet NONE = new BitSet();

    private final TrainingCheckpoints checkpoints = TrainingCheckpoints.inMemory();

    static Stream<Optimizer> optimizers() {
        return Stream.of(new Optimizer.Sgd(0.1, 0.9), new Optimizer.Adam(0.01));
    }

    private static TrainingPlan plan(Optimizer optimizer) {
        return new TrainingPlan(optimizer, 4, 16, 7, 1e-3);
    }

    private ExactReplay replay(TrainingPlan plan) {
        return new ExactReplay(SMALL, NetworkLoss.CROSS_ENTROPY, plan, ROWS, checkpoints, 2);
    }

    private static BitSet set(int... positions) {
        BitSet set = new BitSet();
        for (int position : positions) {
            set.set(position);
        }
        return set;
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void shouldReplayExactly(Optimizer optimizer) {
        TrainingPlan plan = plan(optimizer);
        ExactReplay replay = replay(plan);
        double[] all = replay.train(NONE, TrainingListener.NONE).theta();
        int[] order = plan.order(0, ROWS.size());
        BitSet forgotten = set(order[150], order[151], order[199]);
        assertThat(replay.stepsBefore(forgotten)).as("150 is in the 10th step").isEqualTo(9);
        replay.forget(forgotten);
        assertThat(replay.reached()).isEqualTo(8);
        assertThat(replay.train(forgotten, TrainingListener.NONE).theta())
                .containsExactly(
                        replay.reference(forgotten, TrainingListener.NONE).theta())
                .isNotEqualTo(all);
    }

    /** The checkpoints that the first replay left are without its rows: a later request may begin at one of them. */
    @Test
    void shouldForgetMoreFromTheCheckpointsOfAReplay() {
        TrainingPlan plan = plan(new Optimizer.Adam(0.01));
        ExactReplay replay = replay(plan);
        replay.train(NONE, TrainingListener.NONE);
        int[] order = plan.order(0, ROWS.size());
        BitSet forgotten = set(order[40]);
        replay.forget(forgotten);
        replay.train(forgotten, TrainingListener.NONE);
        BitSet more = set(order[190]);
        replay.forget(more);
        assertThat(replay.reached()).as("190 is in the 12th step").isEqualTo(10);
        forgotten.or(more);
        assertThat(replay.train(forgotten, TrainingListener.NONE).theta())
                .containsExactly(
                        replay.reference(forgotten, TrainingListener.NONE).theta());
        assertThat(replay.reached()).isEqualTo(replay.steps()).isEqualTo(52);
    }

    @Test
    void shouldUseTheLatestRowsLastWhereTheyAreNotShuffled() {
        TrainingPlan plan = plan(new Optimizer.Adam(0.01)).inOrder();
        assertThat(plan.order(3, 5)).containsExactly(0, 1, 2, 3, 4);
        assertThat(replay(plan).stepsBefore(set(199))).isEqualTo(12);
        assertThat(replay(plan).stepsBefore(set(0, 199))).isZero();
        assertThat(replay(plan).stepsBefore(NONE)).isEqualTo(52);
    }
}
