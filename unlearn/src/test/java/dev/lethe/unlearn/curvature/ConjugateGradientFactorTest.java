package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConjugateGradientFactorTest extends FactorContract {

    @Override
    Factor build(Objective objective, double[] theta, List<Row> rows) {
        try {
            return new ConjugateGradientFactor(objective, List.copyOf(rows), theta);
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldEqualTheDenseFactor() {
        Objective objective = new Objective(Family.SOFTMAX, 60, 5, Intercept.FREE, 0.3);
        List<Row> rows = new Samples(objective, 3).weightedRows(700);
        double[] theta = random(objective, 4);
        double[] g = random(objective, 5);
        double[] byDense = new double[g.length];
        double[] byProducts = new double[g.length];
        try (Factor dense = Samples.factor(objective, theta, rows);
                Factor factor = build(objective, theta, rows)) {
            dense.multiply(g, byDense);
            factor.multiply(g, byProducts);
            assertThat(byProducts).containsExactly(byDense, within(1e-11));
            assertThat(factor.smallestCurvature()).isCloseTo(dense.smallestCurvature(), within(1e-9));
            assertThat(factor.gramForm(g)).isCloseTo(dense.gramForm(g), within(1e-7));
            assertThat(((ConjugateGradientFactor) factor).drift()).isLessThan(1e-12);
        }
    }

    private static double[] random(Objective objective, long seed) {
        return new Random(seed).doubles(objective.parameters(), -1, 1).toArray();
    }

    @Test
    void shouldRefuseACurvatureWithoutPenalty() {
        Objective objective = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 0);
        assertThatThrownBy(() -> new ConjugateGradientFactor(objective, List.of(), new double[2]))
                .isInstanceOf(SingularCurvatureException.class)
                .hasMessageContaining("l2 > 0");
    }

    @Test
    void shouldNeverStepAlongNegativeCurvature() {
        Objective objective = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        Preconditioner one = new JacobiPreconditioner(objective, new double[2]);
        var solve = new ConjugateGradient(objective, new double[] {1, 2}, one, 1e-9, 10);
        double[] bent = solve.direction();
        for (int i = 0; i < bent.length; i++) {
            bent[i] *= -3;
        }
        assertThat(solve.product(bent)).isEqualTo(ConjugateGradient.State.BROKEN);
        assertThat(solve.solution()).containsOnly(0);
        var other = new ConjugateGradient(objective, new double[] {1, 2}, one, 1e-9, 10);
        assertThat(other.product(new double[] {Double.NaN, 0})).isEqualTo(ConjugateGradient.State.BROKEN);
        assertThat(other.solution()).containsOnly(0);
    }

    @Test
    void shouldStopAtItsLimitWithADescentDirection() {
        Objective objective = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        Preconditioner one = new JacobiPreconditioner(objective, new double[2]);
        var solve = new ConjugateGradient(objective, new double[] {1, 2}, one, 1e-9, 1);
        double[] p = solve.direction();
        assertThat(solve.product(new double[] {9 * p[0], p[1]})).isEqualTo(ConjugateGradient.State.LIMIT);
        assertThat(solve.solution()[0] + 2 * solve.solution()[1]).isPositive();
    }
}
