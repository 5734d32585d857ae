package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LissaTest extends InverseCurvatureContract {

    @Override
    InverseCurvature build() {
        return new Lissa(NETWORK, ROWS, DAMPING, 60, 400, 0.3, 4);
    }

    /** Batches leave noise. */
    @Override
    double tolerance() {
        return 0.2;
    }

    @Override
    double symmetry() {
        return 0.3;
    }

    @Test
    void shouldNotReturnWhatHasNotSettled() {
        double[] g = NETWORK.gradient(ROWS);
        try (Lissa early = new Lissa(NETWORK, ROWS, DAMPING, 60, 2, 0.1, 4)) {
            assertThatThrownBy(() -> early.multiply(g, new double[g.length]))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContaining("after 2 steps");
        }
    }

    /** One row as a batch has up to 120 times its share of curvature: the series must grow, and that is seen. */
    @Test
    void shouldNoticeGrowth() {
        double[] g = NETWORK.gradient(ROWS);
        try (Lissa wild = new Lissa(NETWORK, ROWS, 0.01, 1, 5000, 0.1, 4)) {
            assertThatThrownBy(() -> wild.multiply(g, new double[g.length])).isInstanceOf(DivergedException.class);
        }
    }
}
