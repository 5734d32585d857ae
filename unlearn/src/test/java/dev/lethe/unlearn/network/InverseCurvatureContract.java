package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What everything that stands for an inverse curvature promises; an implementation adds how to build it. */
abstract class InverseCurvatureContract {

    static final double DAMPING = 4;
    static final Network NETWORK =
            Networks.random(Architecture.perceptron(new Layer.Tanh(), 5, 6, 3), NetworkLoss.CROSS_ENTROPY);
    static final List<Row> ROWS = Networks.rows(NETWORK, 120, 21);

    abstract InverseCurvature build();

    /** The largest relative ‖P·Hv − v‖ that this kind of approximation may have here. */
    abstract double tolerance();

    @Test
    void shouldUndoTheDampedCurvature() {
        try (InverseCurvature inverse = build();
                GaussNewton curvature = new GaussNewton(NETWORK, ROWS, DAMPING)) {
            double[] v = Networks.vector(inverse.size(), 22, 1);
            double[] given = curvature.times(v);
            double[] kept = given.clone();
            double[] out = new double[v.length];
            inverse.multiply(given, out);
            assertThat(Vectors.norm(Vectors.minus(out, v)) / Vectors.norm(v)).isLessThan(tolerance());
            assertThat(given).as("input not modified").containsExactly(kept);
        }
    }

    @Test
    void shouldBeSymmetricAndPositiveDefinite() {
        try (InverseCurvature inverse = build()) {
            double[] left = new double[inverse.size()];
            double[] right = new double[inverse.size()];
            for (long seed = 30; seed < 35; seed++) {
                double[] a = Networks.vector(inverse.size(), seed, 1);
                double[] b = Networks.vector(inverse.size(), seed + 100, 1);
                inverse.multiply(a, left);
                inverse.multiply(b, right);
                assertThat(Vectors.dot(a, left)).as("seed %d", seed).isPositive();
                double slack = symmetry() * Math.sqrt(Vectors.dot(a, left) * Vectors.dot(b, right));
                assertThat(Vectors.dot(b, left)).isCloseTo(Vectors.dot(a, right), within(slack));
            }
        }
    }

    double symmetry() {
        return 1e-8;
    }

    @Test
    void shouldRefuseWhatIsNotFinite() {
        try (InverseCurvature inverse = build()) {
            double[] g = new double[inverse.size()];
            g[3] = Double.NaN;
            assertThatThrownBy(() -> inverse.multiply(g, new double[g.length]))
                    .isInstanceOfAny(DivergedException.class, NetworkException.class);
        }
    }
}
