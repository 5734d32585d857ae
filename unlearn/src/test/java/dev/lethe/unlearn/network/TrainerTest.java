package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {

    private static final Architecture SMALL = Architecture.perceptron(new Layer.Tanh(), 8, 12, 3);
    private static final List<Row> ROWS = Networks.clouds(8, 3, 200, 0.6, 1);

    static Stream<Optimizer> optimizers() {
        return Stream.of(new Optimizer.Sgd(0.1, 0.9), new Optimizer.Adam(0.01));
    }

    private static Trainer trainer(Optimizer optimizer, int... removed) {
        return new Trainer(
                SMALL, NetworkLoss.CROSS_ENTROPY, new TrainingPlan(optimizer, 4, 16, 7, 1e-3), ROWS, set(removed));
    }

    private static BitSet set(int... positions) {
        BitSet set = new BitSet();
        for (int position : positions) {
            set.set(position);
        }
        return set;
    }

    /** The published algorithms step by step in plain Java, on gradients of {@link Network}. */
    @ParameterizedTest
    @MethodSource("optimizers")
    void shouldStepAsTheOptimizerIsDefined(Optimizer optimizer) {
        TrainingPlan plan = new TrainingPlan(optimizer, 1, 16, 7, 1e-3);
        double[] theta = plan.initial(SMALL);
        double[] m = new double[theta.length];
        double[] v = new double[theta.length];
        int[] order = plan.order(0, ROWS.size());
        for (int step = 1; step <= 3; step++) {
            List<Row> batch = new ArrayList<>();
            for (int i = (step - 1) * 16; i < step * 16; i++) {
                batch.add(ROWS.get(order[i]));
            }
            double[] g = new Network(SMALL, NetworkLoss.CROSS_ENTROPY, theta).gradient(batch);
            for (int i = 0; i < theta.length; i++) {
                double slope = g[i] / 16 + 1e-3 * theta[i];
                if (optimizer instanceof Optimizer.Sgd sgd) {
                    m[i] = sgd.momentum() * m[i] + slope;
                    theta[i] -= sgd.rate() * m[i];
                } else {
                    m[i] = 0.9 * m[i] + 0.1 * slope;
                    v[i] = 0.999 * v[i] + 0.001 * slope * slope;
                    double unbiased = m[i] / (1 - Math.pow(0.9, step));
                    theta[i] -= 0.01 * unbiased / (Math.sqrt(v[i] / (1 - Math.pow(0.999, step))) + 1e-8);
                }
            }
        }
        TrainingState state = trainer(optimizer).run(trainer(optimizer).start(), stopAt(3));
        assertThat(state.theta()).containsExactly(theta, within(1e-11));
    }

    private static TrainingListener stopAt(long step) {
        return new TrainingListener() {
            @Override
            public boolean step(long done, long total) {
                return done < step;
            }
        };
    }

    @ParameterizedTest
    @MethodSource("optimizers")
    void shouldGiveTheSameBitsAgainAndAfterAnInterruption(Optimizer optimizer) {
        Trainer trainer = trainer(optimizer);
        Network whole = trainer.train(TrainingListener.NONE);
        byte[] kept = trainer.run(trainer.start(), stopAt(21)).toBytes();
        TrainingState read = TrainingState.fromBytes("kept", kept, SMALL.parameters());
        assertThat(read.step()).isEqualTo(21);
        assertThat(trainer(optimizer).run(read, TrainingListener.NONE).theta()).containsExactly(whole.theta());
        assertThat(whole.accuracy(ROWS)).isGreaterThan(0.8);
    }

    @Test
    void shouldTellEpochsAndKeepEachRowOncePerEpoch() {
        int[] order = new TrainingPlan(new Optimizer.Adam(0.01), 4, 16, 7, 0).order(2, 200);
        assertThat(order).doesNotHaveDuplicates().hasSize(200);
        List<Integer> epochs = new ArrayList<>();
        trainer(new Optimizer.Adam(0.01)).train(new TrainingListener() {
            @Override
            public void epoch(int epoch, Network network) {
                epochs.add(epoch);
            }
        });
        assertThat(epochs).containsExactly(1, 2, 3, 4);
    }

    @Test
    void shouldNotGoOnWithoutFiniteGradients() {
        List<Row> rows = new ArrayList<>(ROWS);
        rows.set(0, new Row(new double[] {1e308, 1e308, -1e308, 1, 1, 1, 1, 1}, new double[] {0}, 1));
        Architecture relu = Architecture.perceptron(new Layer.Relu(), 8, 12, 3);
        TrainingPlan plan = new TrainingPlan(new Optimizer.Sgd(10, 0), 2, 16, 7, 0);
        Trainer trainer = new Trainer(relu, NetworkLoss.CROSS_ENTROPY, plan, rows, new BitSet());
        assertThatThrownBy(() -> trainer.train(TrainingListener.NONE))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("layer 0 (linear): expected a finite gradient");
    }
}
