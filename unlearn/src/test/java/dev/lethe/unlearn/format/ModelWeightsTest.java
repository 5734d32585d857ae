package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelWeightsTest {
    private static final Objective SOFTMAX = new Objective(Family.SOFTMAX, 2, 3, Intercept.FREE, 1);
    private static final double[] THETA = {1, 2, 0.1, 3, 4, 0.2, 5, 6, 0.3};

    @Test
    void shouldSplitWeightAndBias() {
        byte[] file = ModelWeights.toSafeTensors(SOFTMAX, THETA, Map.of());

        Map<String, Tensor> tensors = SafeTensorsReader.read("w", file).tensors();
        assertThat(tensors.get("weight")).isEqualTo(new Tensor(new long[] {3, 2}, new double[] {1, 2, 3, 4, 5, 6}));
        assertThat(tensors.get("bias")).isEqualTo(new Tensor(new long[] {3}, new double[] {0.1, 0.2, 0.3}));
        assertThat(ModelWeights.read("w", file, SOFTMAX)).containsExactly(THETA);
    }

    @ParameterizedTest
    @EnumSource(Intercept.class)
    void shouldGiveOneRowForOneOutput(Intercept intercept) {
        Objective logistic = new Objective(Family.LOGISTIC, 2, 1, intercept, 1);
        double[] theta = intercept == Intercept.NONE ? new double[] {1, 2} : new double[] {1, 2, 3};
        byte[] file = ModelWeights.toSafeTensors(logistic, theta, Map.of());

        Map<String, Tensor> tensors = SafeTensorsReader.read("w", file).tensors();
        assertThat(tensors.get("weight").shape()).containsExactly(1, 2);
        assertThat(tensors.containsKey("bias")).isEqualTo(intercept != Intercept.NONE);
        assertThat(ModelWeights.read("w", file, logistic)).containsExactly(theta);
    }

    @Test
    void shouldReadAFlatVectorAndAScalarBias() {
        Objective ridge = new Objective(Family.RIDGE, 2, 1, Intercept.FREE, 0);
        byte[] file = SafeTensors.write(
                Map.of(
                        "weight", new Tensor(new long[] {2}, new double[] {1, 2}),
                        "bias", new Tensor(new long[0], new double[] {3})),
                Map.of());

        assertThat(ModelWeights.read("w", file, ridge)).containsExactly(1, 2, 3);
    }

    @Test
    void shouldRefuseWhatDoesNotFitTheModel() {
        Objective other = new Objective(Family.SOFTMAX, 3, 3, Intercept.FREE, 1);
        Objective without = new Objective(Family.SOFTMAX, 2, 3, Intercept.NONE, 1);
        byte[] file = ModelWeights.toSafeTensors(SOFTMAX, THETA, Map.of());

        assertThatThrownBy(() -> ModelWeights.read("w", file, other))
                .hasMessageContaining("tensor 'weight': expected shape [3, 3], got [3, 2]");
        assertThatThrownBy(() -> ModelWeights.read("w", file, without))
                .hasMessageContaining("expected tensors [weight] for intercept NONE, got [bias, weight]");
        assertThatThrownBy(() -> ModelWeights.toSafeTensors(other, THETA, Map.of()))
                .hasMessageContaining("expected 12 values, got 9");
    }

    @Test
    void shouldRefuseParametersThatAreNotFinite() {
        double[] theta = THETA.clone();
        theta[4] = Double.NaN;
        byte[] file = ModelWeights.toSafeTensors(SOFTMAX, theta, Map.of());

        assertThatThrownBy(() -> ModelWeights.read("w", file, SOFTMAX)).hasMessageContaining("finite");
    }

    @Test
    void shouldDigestWithSha256() {
        assertThat(ModelWeights.digest(new byte[0]))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
