package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GaussNewtonTest {

    /** vᵀ(JᵀHJ)u with J by central differences of the logits and H by differences of the residuals. */
    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.network.Networks#all")
    void shouldBeTheCurvatureOfTheLinearisedNetwork(Network network) {
        List<Row> rows = Networks.rows(network, 15, 5);
        double[] u = Networks.vector(network.theta().length, 6, 1);
        double[] v = Networks.vector(network.theta().length, 7, 1);
        double[] z = network.logits(rows);
        double[] ju = Networks.centralDifference(theta -> network.at(theta).logits(rows), network.theta(), u, 1e-6);
        double[] jv = Networks.centralDifference(theta -> network.at(theta).logits(rows), network.theta(), v, 1e-6);
        double[] hju = Networks.centralDifference(logits -> network.loss().residuals(rows, logits, true), z, ju, 1e-5);
        double expected = Vectors.dot(jv, hju) + 0.3 * Vectors.dot(u, v);
        try (GaussNewton curvature = new GaussNewton(network, rows, 0.3)) {
            double[] product = curvature.times(u);
            assertThat(Vectors.dot(v, product)).isCloseTo(expected, within(1e-7 * (1 + Math.abs(expected))));
            assertThat(curvature.times(u)).as("again").containsExactly(product, within(1e-12));
            double other = Vectors.dot(u, curvature.times(v));
            assertThat(other).as("symmetric").isCloseTo(Vectors.dot(v, product), within(1e-9 * (1 + Math.abs(other))));
        }
    }

    /** A network without hidden layers is linear: there the Gauss–Newton matrix is the Hessian. */
    @Test
    void shouldBeTheHessianOfALinearModel() {
        Network network = Networks.random(Architecture.perceptron(new Layer.Tanh(), 6, 4), NetworkLoss.CROSS_ENTROPY);
        List<Row> rows = Networks.rows(network, 30, 8);
        double[] v = Networks.vector(network.theta().length, 9, 1);
        double[] expected =
                Networks.centralDifference(theta -> network.at(theta).gradient(rows), network.theta(), v, 1e-5);
        try (GaussNewton curvature = new GaussNewton(network, rows, 0)) {
            assertThat(curvature.times(v)).containsExactly(expected, within(1e-7));
        }
    }
}
