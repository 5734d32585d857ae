package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class KroneckerFactorTest {

    /** Blocks between layers are dropped, labels are drawn: a rough inverse, for which 0.6 is what the design measured. */
    @Nested
    class Kfac extends InverseCurvatureContract {
        @Override
        InverseCurvature build() {
            return KroneckerFactor.kfac(NETWORK, ROWS, 5, new Damping(0, DAMPING));
        }

        @Override
        double tolerance() {
            return 0.8;
        }
    }

    @Nested
    class Ekfac extends InverseCurvatureContract {
        @Override
        InverseCurvature build() {
            return KroneckerFactor.ekfac(NETWORK, ROWS, 5, new Damping(0, DAMPING));
        }

        @Override
        double tolerance() {
            return 0.8;
        }
    }

    private static final Network CONVOLUTIONAL = Networks.random(Networks.convolutional(), NetworkLoss.CROSS_ENTROPY);

    private static List<Network> covered() {
        return List.of(InverseCurvatureContract.NETWORK, CONVOLUTIONAL);
    }

    /**
     * With a damping that hides the curvature the inverse is 1/damping: then self-influence is the squared gradient,
     * which plain gradients of single rows give. Checks captures of both kinds of layers, and the bases' rotation.
     */
    @Test
    void shouldMeasureSingleRowsGradientsWithoutFormingThem() {
        for (Network network : covered()) {
            List<Row> rows = unweighted(Networks.rows(network, 12, 3));
            double[] v = Networks.vector(network.theta().length, 4, 1);
            double[] norms = RowGradients.norms(network, rows);
            double[] dots = RowGradients.dots(network, rows, v);
            try (KroneckerFactor factor = KroneckerFactor.ekfac(network, rows, 5, new Damping(0, 1e9))) {
                double[] self = factor.selfInfluence(rows);
                for (int i = 0; i < rows.size(); i++) {
                    double[] g = network.gradient(List.of(rows.get(i)));
                    assertThat(norms[i]).isCloseTo(Vectors.norm(g), within(1e-10));
                    assertThat(dots[i]).isCloseTo(Vectors.dot(g, v), within(1e-10));
                    assertThat(self[i] * 1e9).isCloseTo(Vectors.dot(g, g), within(1e-6 * Vectors.dot(g, g)));
                }
            }
        }
    }

    /** gᵀPg by {@code multiply} on the gradient of one row. */
    @Test
    void shouldGiveTheSelfInfluenceThatItsProductsGive() {
        for (Network network : covered()) {
            List<Row> rows = unweighted(Networks.rows(network, 40, 3));
            try (KroneckerFactor factor = KroneckerFactor.ekfac(network, rows, 5, Damping.DEFAULT)) {
                double[] self = factor.selfInfluence(rows);
                var together = KroneckerFactor.ekfacWithSelfInfluence(network, rows, 5, Damping.DEFAULT);
                together.factor().close();
                for (int i = 0; i < self.length; i++) {
                    assertThat(together.selfInfluence()[i]).isCloseTo(self[i], within(1e-12 * Math.abs(self[i])));
                }
                for (int i = 0; i < 10; i++) {
                    double[] g = network.gradient(List.of(rows.get(i)));
                    double[] out = new double[g.length];
                    factor.multiply(g, out);
                    assertThat(self[i]).isCloseTo(Vectors.dot(g, out), within(1e-9 * self[i]));
                }
            }
        }
    }

    /** For one layer and a label-free curvature (squared error) the Gauss–Newton matrix is A ⊗ I: K-FAC in the mean. */
    @Test
    void shouldBeExactWhereTheCurvatureIsAKroneckerProduct() {
        Network network = Networks.random(Architecture.perceptron(new Layer.Tanh(), 4, 2), NetworkLoss.SQUARED_ERROR);
        List<Row> rows = unweighted(Networks.rows(network, 20_000, 6));
        double[] g = Networks.vector(network.theta().length, 7, 1);
        double[] expected = new double[g.length];
        double[] out = new double[g.length];
        try (GaussNewton curvature = new GaussNewton(network, rows, 50);
                KroneckerFactor factor = KroneckerFactor.kfac(network, rows, 8, new Damping(0, 50))) {
            new ConjugateGradients(curvature, null, 1e-12, 100).multiply(g, expected);
            factor.multiply(g, out);
            // 20 000 drawn labels: a relative error of 1/√20 000.
            assertThat(Vectors.norm(Vectors.minus(out, expected))).isLessThan(0.03 * Vectors.norm(expected));
        }
    }

    @Test
    void shouldAddUpOverShards() {
        List<Row> rows = Networks.rows(CONVOLUTIONAL, 30, 3);
        KroneckerSums first = KroneckerSums.of(CONVOLUTIONAL, rows.subList(0, 10), 1);
        KroneckerSums second = KroneckerSums.of(CONVOLUTIONAL, rows.subList(10, 30), 2);
        KroneckerSums both = first.plus(second);
        KroneckerSums whole = KroneckerSums.of(CONVOLUTIONAL, rows, 1);
        assertThat(both.rows()).isEqualTo(30);
        for (int i = 0; i < 3; i++) {
            assertThat(both.layers().get(i).inputs())
                    .as("inputs do not depend on drawn labels")
                    .containsExactly(whole.layers().get(i).inputs(), within(1e-9));
        }
    }

    /** Rows whose label was flipped stand out: they pull at the model as no other does. */
    @Test
    void shouldRankMislabelledRowsFirst() {
        List<Row> rows = new ArrayList<>(Networks.clouds(8, 3, 300, 0.35, 1));
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            positions.add(i);
        }
        Collections.shuffle(positions, new Random(2));
        for (int i : positions.subList(0, 15)) {
            Row row = rows.get(i);
            rows.set(i, new Row(row.x(), new double[] {(row.y()[0] + 1) % 3}, 1));
        }
        Architecture small = Architecture.perceptron(new Layer.Tanh(), 8, 12, 3);
        TrainingPlan plan = new TrainingPlan(new Optimizer.Adam(0.01), 20, 32, 3, 1e-3);
        Network network = new Trainer(small, NetworkLoss.CROSS_ENTROPY, plan, rows, new java.util.BitSet())
                .train(TrainingListener.NONE);
        try (KroneckerFactor factor = KroneckerFactor.ekfac(network, rows, 5, Damping.DEFAULT)) {
            double[] self = factor.selfInfluence(rows);
            positions.sort((a, b) -> Double.compare(self[b], self[a]));
        }
        long found = positions.subList(0, 20).stream()
                .filter(i -> !Networks.clouds(8, 3, 300, 0.35, 1).get(i).equals(rows.get(i))
                        && Networks.clouds(8, 3, 300, 0.35, 1).get(i).y()[0]
                                != rows.get(i).y()[0])
                .count();
        assertThat(found).isGreaterThanOrEqualTo(12);
    }

    @Test
    void shouldRefuseLayersItDoesNotCover() {
        Network network = Networks.random(Networks.normalised(), NetworkLoss.CROSS_ENTROPY);
        List<Row> rows = Networks.rows(network, 10, 3);
        assertThatThrownBy(() -> KroneckerFactor.ekfac(network, rows, 1, Damping.DEFAULT))
                .isInstanceOf(NetworkException.class)
                .hasMessageStartingWith("layer 0 (layernorm): expected linear and conv2d layers only");
    }

    private static List<Row> unweighted(List<Row> rows) {
        return rows.stream().map(row -> new Row(row.x(), row.y(), 1)).toList();
    }
}
