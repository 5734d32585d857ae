package dev.lethe.streams.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {
    private static final String RIDGE = "id: m\ndataset: d\nfamily: ridge\nfeatures: 2\nl2: 1\n";
    private static final String LOGISTIC =
            "id: m\ndataset: d\nfamily: logistic\nclasses: [\"-1\", \"1\"]\nfeatures: 2\nl2: 1\n";

    @TempDir
    private Path folder;

    @Test
    void shouldReadEveryKey() {
        ModelSpec spec = read("""
                id: digits.v1
                dataset: digits
                family: softmax
                classes: [zero, 01, 2.50]   # texts as they stand
                features: 3
                intercept: free
                l2: "1.797"
                transform: {subtract: [1, 2, 3], divide: 16, rowNorm: l2, learnedFrom: this-dataset}
                settle: each-batch
                privacy: {epsilon: 1, delta: 1e-04, sigma: 10.5}
                validation: {fraction: 0.1}
                promote: {maxAccuracyDrop: 0.02}
                """);

        assertThat(spec.getModelId()).isEqualTo("digits.v1");
        assertThat(spec.getDataset()).isEqualTo("digits");
        assertThat(spec.getFamily()).isEqualTo(ModelFamily.SOFTMAX);
        assertThat(spec.getClasses()).containsExactly("zero", "01", "2.50");
        assertThat(spec.getFeatures()).isEqualTo(3);
        assertThat(spec.getIntercept()).isEqualTo(ModelIntercept.FREE);
        assertThat(spec.getL2()).isEqualTo(1.797);
        assertThat(spec.getTransform().getSubtract()).containsExactly(1.0, 2.0, 3.0);
        assertThat(spec.getTransform().getDivide()).containsExactly(16.0);
        assertThat(spec.getTransform().getRowNorm()).isEqualTo(RowNorm.L2);
        assertThat(spec.getTransform().getLearnedFrom()).isEqualTo(LearnedFrom.THIS_DATASET);
        assertThat(spec.getSettle()).isEqualTo(SettlePolicy.EACH_BATCH);
        assertThat(spec.getPrivacy().getDelta()).isEqualTo(1e-4);
        assertThat(spec.getPrivacy().getSigma()).isEqualTo(10.5);
        assertThat(spec.getValidation().getFraction()).isEqualTo(0.1);
        assertThat(spec.getPromote().getMaxAccuracyDrop()).isEqualTo(0.02);
        assertThat(spec.getPromote().getMaxLossRise()).isNull();
    }

    @Test
    void shouldHaveDefaults() {
        ModelSpec spec = read(RIDGE + "settle:\n");

        assertThat(spec.getIntercept()).isEqualTo(ModelIntercept.NONE);
        assertThat(spec.getSettle()).isEqualTo(SettlePolicy.AUTO);
        assertThat(spec.getOutputs()).isEqualTo(1);
        assertThat(spec.getClasses()).isEmpty();
        assertThat(spec.getTransform()).isNull();
        assertThat(spec.getPrivacy()).isNull();
        assertThat(spec.getInitial()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.797", "1e-05", "'4.42'", "1E3", "0.1", "11982e-3", "1"})
    void shouldReadNumbersAsPythonWritesThem(String number) {
        assertThat(read(RIDGE.replace("l2: 1", "l2: " + number)).getL2())
                .isEqualTo(Double.parseDouble(number.replace("'", "")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "id: m| id: a/b| line 1: id: expected 1 to 64",
                "id: m| id: ..| id: expected 1 to 64",
                "id: m| id: ''| id: expected 1 to 64",
                "id: m| x: y| unknown key",
                "id: m| dataset: e| dataset: expected once, got again",
                "dataset: d| dataset: 'a b'| line 2: dataset: expected 1 to 64",
                "family: logistic| family: logit| family: expected one of logistic, network, ridge, softmax, got \"logit\"",
                "family: logistic| family: ridge| classes: expected none for ridge, got 2",
                "family: logistic| | family: expected a value, got nothing",
                "classes: [\"-1\", \"1\"]| | classes: expected exactly 2 for logistic, got 0",
                "classes: [\"-1\", \"1\"]| classes: [1, 2, 3]| expected exactly 2 for logistic, got 3",
                "classes: [\"-1\", \"1\"]| classes: [1, 1.0]| line 4: classes: expected different values",
                "classes: [\"-1\", \"1\"]| classes: [1, [2]]| classes: expected a text or a number",
                "classes: [\"-1\", \"1\"]| classes: 1| classes: expected a list",
                "features: 2| features: 0| features: expected at least 1, got 0",
                "features: 2| features: 2.5| features: expected a whole number, got \"2.5\"",
                "features: 2| features: 2000000000| expected at most",
                "l2: 1| l2: -1| line 6: l2: expected a finite number of at least 0, got -1.0",
                "l2: 1| l2: .inf| l2: expected a finite number",
                "l2: 1| l2: 0| l2: expected more than 0 unless the family is ridge, got 0.0",
                "l2: 1| l2: 1\\nvalidation: {fraction: 0.6}| validation.fraction: expected 0 < fraction <= 0.5, got 0.6",
                "l2: 1| l2: 1\\npromote: {maxLossRise: 0.1}| promote: expected a section validation beside it",
                "l2: 1| l2: many| l2: expected a finite number, got \"many\"",
            })
    void shouldNameKeyRuleAndValue(String key, String replacement, String problem) {
        String yaml = LOGISTIC.replace(key, replacement == null ? "" : replacement.replace("\\n", "\n"));
        assertRefused(yaml, problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "intercpt: free| line 7: intercpt: unknown key; did you mean intercept?",
                "lambda: 1| lambda: unknown key; expected one of",
                "outputs: 2| outputs: expected 1 or none unless the family is ridge, got 2",
                "settle: often| settle: expected one of auto, each-batch, never, got \"often\"",
                "intercept: yes| intercept: expected one of free, none, penalised",
                "transform: {divide: [1, 0]}| line 7: transform.divide: expected no zero, got 0 at position 1",
                "transform: {divide: [1, 2, 3]}| transform.divide: expected one value, or one for each of 2 features",
                "transform: {scale: 1}| transform.scale: unknown key",
                "transform: 3| transform: expected keys [subtract, divide, rowNorm, learnedFrom, extractor, sha256, input]",
                "transform: {rowNorm: max}| transform.rowNorm: expected one of l2, none",
                "privacy: {epsilon: 2, delta: 0.1, sigma: 1}| privacy.epsilon: expected 0 < epsilon <= 1, got 2.0",
                "privacy: {epsilon: 1, delta: 1, sigma: 1}| privacy.delta: expected 0 < delta < 1, got 1.0",
                "privacy: {epsilon: 1, delta: 0.1, sigma: 0}| privacy.sigma: expected a finite number above 0",
                "privacy: {epsilon: 1, delta: 0.1}| privacy.sigma: expected a value, got nothing",
                "initial: none.safetensors| none.safetensors: no such file",
                "settle: *x| got a YAML alias",
                "]| expected valid YAML",
            })
    void shouldRefuseFurtherKeys(String line, String problem) {
        assertRefused(LOGISTIC + line + "\n", problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "- a\n", "text\n", "a: 1\n---\nb: 2\n"})
    void shouldRefuseOtherDocuments(String yaml) {
        assertThatThrownBy(() -> read(yaml)).isInstanceOf(FileFormatException.class);
    }

    @Test
    void shouldRefuseAMissingFile() {
        assertThatThrownBy(() -> ModelFile.read(folder.resolve("none.yaml")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void shouldReadInitialWeightsBesideTheFile() throws IOException {
        String yaml = RIDGE + "intercept: free\noutputs: 2\ninitial: w.safetensors\n";
        double[] theta = {1, 2, 3, 4, 5, 6};
        ModelSpec shape = read(yaml.replace("initial: w.safetensors\n", ""));
        Files.write(
                folder.resolve("w.safetensors"), ModelWeights.toSafeTensors(Specs.objective(shape), theta, Map.of()));

        assertThat(Doubles.toArray(read(yaml).getInitial())).containsExactly(theta);
        assertThat(Specs.validated(read(yaml))).isNotNull();
    }

    private ModelSpec read(String yaml) {
        try {
            return ModelFile.read(Files.writeString(folder.resolve("m.yaml"), yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertRefused(String yaml, String problem) {
        assertThatThrownBy(() -> read(yaml))
                .as(yaml)
                .isInstanceOf(FileFormatException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContaining(problem);
    }
}
