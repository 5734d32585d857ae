package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Softmax with a free intercept: J is flat along a common shift of the biases. */
class GaugeTest {

    private static final Objective FREE = new Objective(Family.SOFTMAX, 4, 4, Intercept.FREE, 0.7);
    private static final long SEED = 21;

    private static double biasSum(double[] theta) {
        double sum = 0;
        for (int bias = FREE.columns() - 1; bias < theta.length; bias += FREE.columns()) {
            sum += theta[bias];
        }
        return sum;
    }

    @Test
    void shouldFitInTheGaugeWithAVanishingGradient() {
        List<Row> rows = new Samples(FREE, SEED).weightedRows(200);
        try (Anchor anchor = InMemoryFit.fit(FREE, rows, null)) {
            assertThat(biasSum(anchor.theta())).isCloseTo(0, within(1e-12));
            assertThat(Samples.residual(FREE, anchor.theta(), null, rows)).isLessThan(1e-9);
        }
    }

    @Test
    void shouldStayInTheGaugeAndEqualTheStepOfABuiltFactor() {
        List<Row> rows = new Samples(FREE, SEED).rows(200);
        List<RowChange> changes =
                rows.subList(0, 40).stream().map(RowChange::remove).toList();
        try (Anchor anchor = InMemoryFit.fit(FREE, rows, null);
                Anchor built = Anchor.at(
                        FREE, anchor.theta(), null, Samples.pass(FREE, anchor.theta(), rows.subList(40, 200), false))) {
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            built.install(Samples.factor(FREE, anchor.theta(), rows.subList(40, 200)), anchor.theta());
            double[] stepped = anchor.correct().theta();
            assertThat(biasSum(stepped)).isCloseTo(0, within(1e-12));
            assertThat(distance(stepped, built.correct().theta())).isLessThan(1e-11);
        }
    }

    @Test
    void shouldBeTheLimitOfAVanishingBiasPenalty() {
        // With the biases in the gauge, the Newton step solves H·v = −G exactly in spite of the term added to H.
        List<Row> rows = new Samples(FREE, SEED).rows(150);
        double[] theta = new Random(SEED).doubles(FREE.parameters(), -1, 1).toArray();
        try (Anchor anchor = Anchor.at(FREE, theta, null, Samples.pass(FREE, theta, rows, false))) {
            anchor.install(Samples.factor(FREE, theta, rows), theta);
            double[] v = Vectors.minus(anchor.correct().theta(), theta);
            double h = 1e-6;
            double[] up = gradient(Vectors.plus(theta, h, v), rows);
            double[] down = gradient(Vectors.plus(theta, -h, v), rows);
            for (int i = 0; i < v.length; i++) {
                assertThat((up[i] - down[i]) / (2 * h))
                        .isCloseTo(-anchor.state().gradient()[i], within(1e-6));
            }
        }
    }

    @Test
    void shouldNotDriftUnderAPerturbationAlongTheFlatDirection() {
        List<Row> rows = new Samples(FREE, SEED).rows(150);
        double[] b = new Random(SEED).doubles(FREE.parameters(), -1, 1).toArray();
        try (Anchor anchor = InMemoryFit.fit(FREE, rows, b)) {
            assertThat(biasSum(anchor.theta())).isCloseTo(0, within(1e-12));
            assertThat(biasSum(anchor.state().perturbation())).isCloseTo(0, within(1e-12));
            assertThat(anchor.gradientNorm()).isLessThan(1e-9);
        }
    }

    private static double[] gradient(double[] theta, List<Row> rows) {
        try (Anchor at = Anchor.at(FREE, theta, null, Samples.pass(FREE, theta, rows, false))) {
            return at.state().gradient();
        }
    }
}
