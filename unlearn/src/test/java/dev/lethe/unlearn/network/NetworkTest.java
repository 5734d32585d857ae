package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkTest {

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.network.Networks#all")
    void shouldComputeEveryLayerAsDefined(Network network) {
        List<Row> rows = Networks.rows(network, 9, 1);
        double[] logits = network.logits(rows);
        int outputs = network.architecture().outputs();
        for (int i = 0; i < rows.size(); i++) {
            double[] expected = PlainForward.logits(
                    network.architecture(), network.theta(), rows.get(i).x());
            assertThat(Arrays.copyOfRange(logits, i * outputs, (i + 1) * outputs))
                    .containsExactly(expected, within(1e-10));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.network.Networks#all")
    void shouldDeriveTheLoss(Network network) {
        List<Row> rows = Networks.rows(network, 20, 2);
        double[] gradient = network.gradient(rows);
        double[] direction = Networks.vector(gradient.length, 3, 1);
        double slope = Networks.centralDifference(
                theta -> new double[] {network.at(theta).loss(rows)}, network.theta(), direction, 1e-6)[0];
        assertThat(Vectors.dot(gradient, direction)).isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
    }

    @Test
    void shouldGiveTheSameWhateverTheBlocks() {
        Network network = Networks.all().findFirst().orElseThrow();
        List<Row> rows = Networks.rows(network, 2500, 4);
        double[] losses = network.losses(rows);
        for (int i : new int[] {0, 1023, 1024, 2499}) {
            assertThat(losses[i]).isCloseTo(network.losses(List.of(rows.get(i)))[0], within(1e-12));
        }
    }

    @Test
    void shouldScoreRowsByTheErrorOfTheirProbabilities() {
        // Without inputs that matter the output is the bias: softmax(0, ln 3) = (1/4, 3/4).
        Architecture bias = Architecture.perceptron(new Layer.Relu(), 1, 2);
        Network network = new Network(bias, NetworkLoss.CROSS_ENTROPY, new double[] {0, 0, 0, Math.log(3)});
        List<Row> rows =
                List.of(new Row(new double[] {5}, new double[] {0}, 1), new Row(new double[] {5}, new double[] {1}, 1));
        assertThat(network.errorNorms(rows)[0]).isCloseTo(0.75 * Math.sqrt(2), within(1e-12));
        assertThat(network.errorNorms(rows)[1]).isCloseTo(0.25 * Math.sqrt(2), within(1e-12));
        assertThat(network.losses(rows)[1]).isCloseTo(-Math.log(0.75), within(1e-12));
        assertThat(network.accuracy(rows)).isEqualTo(0.5);
    }

    @Test
    void shouldRefuseWhatDoesNotFitAndNameTheLayer() {
        assertThatThrownBy(() -> new Architecture(
                        new int[] {1, 8, 8},
                        List.of(new Layer.Conv2d(1, 2, 3, 1, 0, true), new Layer.Linear(72, 3, true))))
                .hasMessage("layer 1 (linear): expected one dimension of 72, got [2, 6, 6]");
        assertThatThrownBy(() -> new Architecture(new int[] {1, 2, 2}, List.of(new Layer.MaxPool(3, 1))))
                .hasMessageContaining("layer 0 (maxpool): expected sides of at least 3");
        assertThatThrownBy(() -> new Layer.Linear(0, 1, true)).hasMessage("inputs: expected at least 1, got 0");
        Network network = Networks.all().findFirst().orElseThrow();
        assertThatThrownBy(() -> network.losses(List.of(new Row(new double[4], new double[] {0}, 1))))
                .hasMessage("network: expected samples of 5 values, shape [5], got 4");
        assertThatThrownBy(() -> network.losses(List.of(new Row(new double[5], new double[] {3}, 1))))
                .hasMessageContaining("expected labels for 3 outputs");
        double[] broken = network.theta();
        broken[45] = Double.NaN;
        assertThatThrownBy(() -> network.at(broken)).hasMessageStartingWith("layer 2 (linear), tensor '2.weight':");
    }

    /** 2^17 channels of 512 x 512 are 275 GB: no machine of a test has them, and no overcommitment grants them. */
    @Test
    void shouldSayWhichLayerRanOutOfMemory() {
        Architecture huge = new Architecture(
                new int[] {1, 512, 512},
                List.of(
                        new Layer.Tanh(),
                        new Layer.Conv2d(1, 1 << 17, 1, 1, 0, false),
                        new Layer.AvgPool(512, 1),
                        new Layer.Flatten()));
        Network network = new Network(huge, NetworkLoss.CROSS_ENTROPY, new double[huge.parameters()]);
        List<Row> rows = List.of(new Row(new double[huge.features()], new double[] {0}, 1));
        assertThatThrownBy(() -> network.losses(rows))
                .isInstanceOf(NetworkException.class)
                .hasMessageStartingWith("layer 1 (conv2d): native memory ran out");
    }
}
