package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LowRankInverseTest {

    /** All that the curvature has: the samples' 2 · 120 directions are more than the 57 parameters. */
    @Nested
    class Arnoldi extends InverseCurvatureContract {
        @Override
        InverseCurvature build() {
            try (GaussNewton curvature = new GaussNewton(NETWORK, ROWS, 0)) {
                return LowRankInverse.arnoldi(curvature, 57, DAMPING, 3);
            }
        }

        @Override
        double tolerance() {
            return 1e-5;
        }
    }

    /** Half of the directions: the rest has curvature of the damping's size or less. */
    @Nested
    class Nystroem extends InverseCurvatureContract {
        @Override
        InverseCurvature build() {
            try (GaussNewton curvature = new GaussNewton(NETWORK, ROWS, 0)) {
                return LowRankInverse.nystroem(curvature, 28, DAMPING, 3);
            }
        }

        @Override
        double tolerance() {
            return 0.2;
        }
    }

    @Test
    void shouldRefuseNegativeCurvatureAndNoDamping() {
        CurvatureMap negative = new CurvatureMap() {
            @Override
            public int size() {
                return 4;
            }

            @Override
            public double[] times(double[] v) {
                return new double[] {v[0], 2 * v[1], -3 * v[2], v[3]};
            }
        };
        assertThatThrownBy(() -> LowRankInverse.arnoldi(negative, 4, 1, 1))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining("take more damping");
        assertThatThrownBy(() -> LowRankInverse.nystroem(negative, 4, 0, 1))
                .hasMessageContaining("expected damping above 0");
    }
}
