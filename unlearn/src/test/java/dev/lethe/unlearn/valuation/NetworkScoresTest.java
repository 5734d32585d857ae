package dev.lethe.unlearn.valuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.KroneckerFactor;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingPlan;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NetworkScoresTest {

    private static final long SEED = 11;
    private static final int CLASSES = 3;
    private static final TrainingPlan PLAN = new TrainingPlan(new Optimizer.Adam(1e-2), 12, 16, SEED, 0);

    private final List<Row> rows = rows(240);

    /** Three clouds; every eighth row has the next cloud's label. */
    private static List<Row> rows(int count) {
        Random random = new Random(SEED);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = random.doubles(5, -1, 1).toArray();
            x[i % CLASSES] += 2.5;
            rows.add(new Row(x, new double[] {(i + (wrong(i) ? 1 : 0)) % CLASSES}, i % 5 == 0 ? 2 : 1));
        }
        return rows;
    }

    private static boolean wrong(int i) {
        return i % 8 == 7;
    }

    private Network train(TrainingListener listener) {
        Architecture small = Architecture.perceptron(new Layer.Tanh(), 5, 16, CLASSES);
        return new Trainer(small, NetworkLoss.CROSS_ENTROPY, PLAN, rows, new BitSet()).train(listener);
    }

    @Test
    void shouldScoreSomeRowsAsAll() {
        Network network = train(TrainingListener.NONE);
        NetworkScores all = new NetworkScores(rows);
        double[] logits = network.logits(rows);
        try (Scorer scorer = new NetworkScorer(network)) {
            for (int from : new int[] {0, 100}) {
                List<RowScorer.Scored> scored = scorer.score(rows.subList(from, from + 50));
                for (Score score : List.of(Score.LOSS, Score.EL2N, Score.GRAND)) {
                    double[] want = all.of(network, score, null, SEED);
                    for (int i = 0; i < scored.size(); i++) {
                        assertThat(scored.get(i).of(score)).isCloseTo(want[from + i], within(1e-12));
                    }
                }
                for (int i = 0; i < scored.size(); i++) {
                    shouldPointAtTheBestOther(scored.get(i), logits, from + i);
                }
            }
        }
    }

    private void shouldPointAtTheBestOther(RowScorer.Scored scored, double[] logits, int i) {
        int own = (int) rows.get(i).y()[0];
        assertThat(scored.suggested()).isNotEqualTo(own).isBetween(0, CLASSES - 1);
        double suggested = logits[i * CLASSES + scored.suggested()];
        assertThat(suggested).isGreaterThanOrEqualTo(logits[i * CLASSES + 3 - own - scored.suggested()]);
        assertThat(scored.margin()).isCloseTo(suggested - logits[i * CLASSES + own], within(1e-12));
        assertThat(scored.leverage()).isNaN();
    }

    @Test
    void shouldScoreTargetsByTheirDistance() {
        Architecture small = Architecture.perceptron(new Layer.Tanh(), 5, 4, 1);
        double[] theta = new Random(SEED).doubles(small.parameters(), -1, 1).toArray();
        Network network = new Network(small, NetworkLoss.SQUARED_ERROR, theta);
        List<Row> targets = List.of(new Row(rows.get(0).x(), new double[] {5}, 1));
        double off = Math.abs(network.logits(targets)[0] - 5);
        try (Scorer scorer = new NetworkScorer(network)) {
            RowScorer.Scored scored = scorer.score(targets).get(0);
            assertThat(scored.el2n()).isCloseTo(off, within(1e-12));
            assertThat(scored.margin()).isCloseTo(off, within(1e-12));
            assertThat(scored.suggested()).isEqualTo(-1);
        }
    }

    @Test
    void shouldAverageTheErrorsOverTheEpochs() {
        NetworkScores scores = new NetworkScores(rows);
        assertThatThrownBy(scores::el2nOverEpochs).isInstanceOf(IllegalStateException.class);
        double[] sum = new double[rows.size()];
        train(new TrainingListener() {
            @Override
            public void epoch(int epoch, Network network) {
                scores.epoch(epoch, network);
                double[] logits = network.logits(rows);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += error(logits, i, (int) rows.get(i).y()[0]);
                }
            }
        });
        double[] mean = scores.el2nOverEpochs();
        boolean[] wrong = new boolean[rows.size()];
        for (int i = 0; i < mean.length; i++) {
            assertThat(mean[i]).isCloseTo(sum[i] / PLAN.epochs(), within(1e-9));
            wrong[i] = wrong(i);
        }
        assertThat(Correlations.auc(mean, wrong)).as("seed %d", SEED).isGreaterThan(0.95);
    }

    /** ‖softmax(z) − onehot(y)‖. */
    private static double error(double[] logits, int row, int label) {
        double total = 0;
        for (int k = 0; k < CLASSES; k++) {
            total += Math.exp(logits[row * CLASSES + k]);
        }
        double square = 0;
        for (int k = 0; k < CLASSES; k++) {
            square += Math.pow(Math.exp(logits[row * CLASSES + k]) / total - (k == label ? 1 : 0), 2);
        }
        return Math.sqrt(square);
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotChangeWhatItIsGiven(NetworkMethods method) {
        Network network = train(TrainingListener.NONE);
        double[] gradient = network.gradient(rows.subList(0, 2));
        double[] kept = gradient.clone();
        double[] out = new double[gradient.length];
        try (var inverse = method.over(network, rows, Damping.DEFAULT, SEED)) {
            assertThat(inverse.size()).isEqualTo(gradient.length);
            inverse.multiply(gradient, out);
        }
        assertThat(gradient).containsExactly(kept);
        assertThat(Vectors.dot(gradient, out)).as("positive definite").isPositive();
    }

    @Test
    void shouldGiveEachPairsInfluence() {
        NetworkScores scores = new NetworkScores(rows);
        Network network = train(TrainingListener.NONE);
        List<Row> test = rows.subList(3, 6);
        double[] influences;
        try (var inverse = NetworkMethods.EK_FAC.over(network, rows, Damping.DEFAULT, SEED)) {
            influences = scores.influences(network, test, inverse);
        }
        double[] self = scores.of(network, Score.SELF_INFLUENCE, Damping.DEFAULT, SEED);
        try (KroneckerFactor factor = KroneckerFactor.ekfac(network, rows, SEED, Damping.DEFAULT)) {
            double[] solved = new double[factor.size()];
            for (int t = 0; t < test.size(); t++) {
                // network.gradient has the rows' weights in it, the test row's and the training row's.
                factor.multiply(network.gradient(List.of(test.get(t))), solved);
                for (int i = 0; i < rows.size(); i++) {
                    double expected = Vectors.dot(network.gradient(List.of(rows.get(i))), solved);
                    assertThat(influences[i * test.size() + t])
                            .as("row %d on test %d, seed %d", i, t, SEED)
                            .isCloseTo(expected, within(1e-8 * (1 + Math.abs(expected))));
                }
                // A row's influence on itself, which of its weights count depends on the definition.
                assertThat(influences[(3 + t) * test.size() + t]).isPositive();
                assertThat(self[3 + t]).isPositive();
            }
        }
    }

    @Test
    void shouldRefuseScoresThatNetworksDoNotHave() {
        NetworkScores scores = new NetworkScores(rows);
        Network network = train(TrainingListener.NONE);
        assertThat(scores.of(network, Score.LOSS, Damping.DEFAULT, SEED)).hasSize(rows.size());
        assertThatThrownBy(() -> scores.of(network, Score.LEVERAGE, Damping.DEFAULT, SEED))
                .hasMessageContaining("self-influence");
    }
}
