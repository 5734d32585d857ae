package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.objective.Vectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConjugateGradientsTest extends InverseCurvatureContract {

    private final GaussNewton curvature = new GaussNewton(NETWORK, ROWS, DAMPING);

    @AfterEach
    void close() {
        curvature.close();
    }

    @Override
    InverseCurvature build() {
        return new ConjugateGradients(curvature, null, 1e-11, 500);
    }

    @Override
    double tolerance() {
        return 1e-9;
    }

    @Test
    void shouldComeToTheSameWithAPreconditioner() {
        double[] g = NETWORK.gradient(ROWS.subList(0, 5));
        double[] bare = new double[g.length];
        double[] helped = new double[g.length];
        build().multiply(g, bare);
        try (KroneckerFactor factor = KroneckerFactor.kfac(NETWORK, ROWS, 1, new Damping(0, DAMPING))) {
            new ConjugateGradients(curvature, factor, 1e-11, 500).multiply(g, helped);
        }
        assertThat(Vectors.norm(Vectors.minus(helped, bare))).isLessThan(1e-8 * Vectors.norm(bare));
    }

    @Test
    void shouldNotReturnAnUnfinishedOrImpossibleSolve() {
        double[] g = NETWORK.gradient(ROWS);
        double[] out = new double[g.length];
        assertThatThrownBy(() -> new ConjugateGradients(curvature, null, 1e-11, 3).multiply(g, out))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining("after 3 products");
        CurvatureMap negative = new CurvatureMap() {
            @Override
            public int size() {
                return g.length;
            }

            @Override
            public double[] times(double[] v) {
                double[] product = v.clone();
                product[0] *= -5;
                return product;
            }
        };
        assertThatThrownBy(() -> new ConjugateGradients(negative, null, 1e-11, 50).multiply(unit(g.length), out))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining("expected above 0");
        assertThat(out).containsOnly(0);
    }

    private static double[] unit(int length) {
        double[] v = new double[length];
        v[0] = 1;
        return v;
    }
}
