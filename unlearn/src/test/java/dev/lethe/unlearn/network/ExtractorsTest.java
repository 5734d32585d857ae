package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.objective.Extractor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractorsTest {

    private static final float[][] WEIGHT = {{0.5f, -1, 0.25f}, {2, 0, 1}};

    @TempDir
    private Path folder;

    private Path write(String name) {
        Path file = folder.resolve(name);
        return name.endsWith(".pt") ? ExtractorFiles.torchScript(file, WEIGHT) : ExtractorFiles.onnx(file, WEIGHT);
    }

    private static String sha256(Path file) throws Exception {
        return ModelWeights.digest(Files.readAllBytes(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed.pt", "embed.onnx"})
    void shouldRunAFrozenNetwork(String name) throws Exception {
        Path file = write(name);
        Extractor extractor = Extractors.open(file, sha256(file), List.of(3));
        assertThat(extractor.inputs()).isEqualTo(3);
        assertThat(extractor.outputs()).isEqualTo(2);
        double[] x = {0.3, -0.2, 0.9};
        double[] expected = {Math.tanh(0.15 + 0.2 + 0.225), Math.tanh(0.6 + 0.9)};
        assertThat(extractor.apply(x)).containsExactly(expected, within(1e-6));
        assertThat(extractor.apply(x)).as("the same bits again").isEqualTo(extractor.apply(x));
        assertThat(Extractors.open(file, sha256(file), List.of(3))).isSameAs(extractor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed.pt", "embed.onnx"})
    void shouldRefuseAFileThatIsMissingAlteredOrOfAnotherShape(String name) throws Exception {
        Path file = write(name);
        String digest = sha256(file);
        assertThatThrownBy(() -> Extractors.open(folder.resolve("no" + name), digest, List.of(3)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> Extractors.open(file, digest, List.of(4)))
                .hasMessageContaining("does not run on a sample of shape [4]");
        Files.write(file, new byte[] {1}, java.nio.file.StandardOpenOption.APPEND);
        assertThatThrownBy(() -> Extractors.open(file, digest, List.of(3)))
                .hasMessageContaining("expected sha256 " + digest + ", got " + sha256(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed.pt", "embed.onnx", "embed.h5"})
    void shouldRefuseWhatIsNoModel(String name) throws Exception {
        Path file = Files.writeString(folder.resolve(name), "not a model");
        assertThatThrownBy(() -> Extractors.open(file, sha256(file), List.of(3)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(name + ": expected a");
    }

    @Test
    void shouldRefuseAnEmptyShape() {
        assertThatThrownBy(() -> Extractors.open(folder.resolve("x.pt"), "", List.of()))
                .hasMessageContaining("input: expected the sides of a sample");
    }
}
