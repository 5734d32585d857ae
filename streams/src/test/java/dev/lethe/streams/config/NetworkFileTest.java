package dev.lethe.streams.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.ModelRules;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Limits;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.NetworkWeights;
import dev.lethe.unlearn.network.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks in model files. */
class NetworkFileTest {
    private static final String MODEL = """
            id: n
            dataset: d
            family: network
            classes: [a, b]
            features: 16
            network:
              input: [1, 4, 4]
              layers: [{conv2d: 3, kernel: 3, padding: 1}, relu, {maxpool: 2}, flatten, {linear: 5, bias: false}, gelu, layernorm, {linear: 2}]
            """;

    @TempDir
    private Path folder;

    private ModelSpec read(String yaml) {
        try {
            return ModelFile.read(Files.writeString(folder.resolve("m.yaml"), yaml));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldReadLayersAndDefaults() {
        ModelSpec spec = read(MODEL);
        assertThat(NetworkSpecs.architecture(spec))
                .isEqualTo(new Architecture(
                        new int[] {1, 4, 4},
                        List.of(
                                new Layer.Conv2d(1, 3, 3, 1, 1, true),
                                new Layer.Relu(),
                                new Layer.MaxPool(2, 2),
                                new Layer.Flatten(),
                                new Layer.Linear(12, 5, false),
                                new Layer.Gelu(),
                                new Layer.LayerNorm(5),
                                new Layer.Linear(5, 2, true))));
        assertThat(Specs.family(spec)).isEqualTo("network");
        assertThat(NetworkSpecs.loss(spec)).isEqualTo(NetworkLoss.CROSS_ENTROPY);
        assertThat(NetworkSpecs.limits(spec)).isEqualTo(Limits.DEFAULT);
        assertThat(NetworkSpecs.plan(spec).optimizer()).isEqualTo(new Optimizer.Adam(1e-3));
        assertThat(NetworkSpecs.plan(spec).epochs()).isEqualTo(30);
        assertThat(NetworkSpecs.keys(spec).heldOut()).isEqualTo(0.1);
        assertThat(ModelRules.check(spec)).isEmpty();
    }

    @Test
    void shouldReadEveryKey() {
        ModelSpec spec = read("""
                id: n
                dataset: d
                family: network
                features: 3
                outputs: 2
                network:
                  layers: [{linear: 4}, tanh, {linear: 2}]
                  optimizer: sgd
                  rate: 0.1
                  momentum: 0.9
                  epochs: 7
                  batch: 5
                  seed: 11
                  weightDecay: 1e-4
                  heldOut: 0.3
                  sample: 99
                  damping: 0.5
                  limits: {membershipAuc: 0.7, validationRise: 0.5, predictionChange: 0.2, changes: 0.3}
                """);
        assertThat(spec.getFamily()).isEqualTo(ModelFamily.RIDGE);
        assertThat(NetworkSpecs.loss(spec)).isEqualTo(NetworkLoss.SQUARED_ERROR);
        assertThat(NetworkSpecs.plan(spec).optimizer()).isEqualTo(new Optimizer.Sgd(0.1, 0.9));
        assertThat(NetworkSpecs.plan(spec).weightDecay()).isEqualTo(1e-4);
        assertThat(NetworkSpecs.keys(spec).seed()).isEqualTo(11);
        assertThat(spec.getNetwork().getSample()).isEqualTo(99);
        assertThat(NetworkSpecs.patchPlan(spec).damping()).isEqualTo(0.5);
        assertThat(NetworkSpecs.limits(spec)).isEqualTo(new Limits(0.7, 0.5, 0.2, 0.3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{maxpool: 2}| {pool: 2}| layer 2 (\"pool\"): expected one of linear, conv2d",
                "relu| dropout| layer 1 (\"dropout\"): expected one of",
                "flatten| relu| layer 4 (\"linear\"): expected one dimension, got [3, 2, 2]; put a flatten before it",
                "kernel: 3| kernel: 9| layer 0 (\"conv2d\"): expected sides of at least 7, got [1, 4, 4]",
                "kernel: 3| kern: 3| unknown key",
                "{linear: 2}| {linear: 3}| layer 7, the last: expected 2 outputs, one per class or target, got 3",
                "{linear: 2}| {linear: 0}| layer 7 (\"linear\"): outputs: expected at least 1, got 0",
                "features: 16| features: 15| network.input: expected 15 values, the features, got 16",
                "features: 16| features: 16\\nl2: 1| l2: expected none for a network",
                "features: 16| features: 16\\nintercept: free| intercept: expected none",
                "features: 16| features: 16\\nprivacy: {epsilon: 1, delta: 1e-4, sigma: 1}| privacy: expected none",
                "family: network| family: softmax\\nl2: 1| network: expected this section for family network",
                "classes: [a, b]| classes: [a]| expected at least 2",
                "input: [1, 4, 4]| input: [1, 4, 4]\\n  heldOut: 1| network.heldOut: heldOut: expected at least 0 and below 1",
                "input: [1, 4, 4]| input: [1, 4, 4]\\n  rate: 0| network: optimizer rate: out of range",
                "input: [1, 4, 4]| input: [1, 4, 4]\\n  limits: {changes: 0}| network.limits: limits: expected",
                "input: [1, 4, 4]| input: [1, 4, 4]\\n  sample: 0| network.sample: expected at least 1, got 0",
            })
    void shouldNameTheLayerOrKey(String text, String replacement, String problem) {
        String yaml = MODEL.replace(text, replacement.replace("\\n", "\n"));
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void shouldImportWeightsUnderTheirNames() throws IOException {
        Architecture architecture = NetworkSpecs.architecture(read(MODEL));
        double[] theta = new double[architecture.parameters()];
        java.util.Arrays.setAll(theta, i -> i / 10.0);
        Files.write(folder.resolve("w.safetensors"), NetworkWeights.toSafeTensors(architecture, theta, Map.of()));
        ModelSpec spec = read(MODEL + "initial: w.safetensors\n");
        assertThat(Doubles.toArray(spec.getInitial())).isEqualTo(theta);

        Architecture other = Architecture.perceptron(new Layer.Relu(), 16, 2);
        byte[] wrong = NetworkWeights.toSafeTensors(other, new double[other.parameters()], Map.of());
        Files.write(folder.resolve("w.safetensors"), wrong);
        assertThatThrownBy(() -> read(MODEL + "initial: w.safetensors\n"))
                .hasMessageContaining("layer 0 (conv2d), tensor '0.weight': expected shape [3, 1, 3, 3], got [2, 16]");
    }

    @Test
    void shouldRefuseMoreParametersThanARecordCarries() {
        ModelSpec spec = read(MODEL.replace("{linear: 5, bias: false}", "{linear: 40000}"));
        assertThat(ModelRules.check(spec).orElseThrow()).contains("expected at most 393216 parameters, got");
    }
}
