package dev.lethe.streams.cli.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A ridge head on a frozen network, from files to files. embed.pt and embed.onnx are tanh(Wx) for W below. */
class ExtractorIT {
    private static final double[][] W = {{0.5, -1, 0.25}, {2, 0, 1}};
    private static final Objective HEAD = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 0.5);
    private static final int ROWS = 40;
    private static final int FORGOTTEN = 7;

    @TempDir
    Path dir;

    private final double[][] x = new double[ROWS][];
    private final double[] y = new double[ROWS];

    private Path extractor(String name) throws IOException {
        try (InputStream in = ExtractorIT.class.getResourceAsStream(name)) {
            return Files.write(dir.resolve(name), in.readAllBytes());
        }
    }

    private Path model(Path extractor) throws IOException {
        String digest = ModelWeights.digest(Files.readAllBytes(extractor));
        return Files.writeString(dir.resolve("model.yaml"), """
                id: head
                dataset: points
                family: ridge
                features: 2
                l2: 0.5
                transform:
                  divide: 2
                  extractor: %s
                  sha256: %s
                  input: [3]
                  learnedFrom: public
                """.formatted(extractor.getFileName(), digest));
    }

    private Replay.Inputs inputs(Path model) throws IOException {
        Random random = new Random(5);
        StringBuilder rows = new StringBuilder("sample_id,label,a,b,c\n");
        for (int i = 0; i < ROWS; i++) {
            x[i] = random.doubles(3, -2, 2).toArray();
            y[i] = random.nextGaussian();
            rows.append(String.format(Locale.ROOT, "s%d,%s,%s,%s,%s%n", i, y[i], x[i][0], x[i][1], x[i][2]));
        }
        Path samples = Files.writeString(dir.resolve("samples.csv"), rows);
        Path events = Files.write(
                dir.resolve("events.jsonl"),
                List.of("{\"type\":\"delete\",\"request_id\":\"r\",\"samples\":[\"s" + FORGOTTEN + "\"]}"));
        return new Replay.Inputs(model, samples.toString(), events, dir.resolve("out"), Duration.ofSeconds(60));
    }

    @ParameterizedTest
    @ValueSource(strings = {"embed.onnx", "embed.pt"})
    void shouldForgetExactlyBehindAFrozenNetwork(String name) throws IOException {
        assertThat(new Replay(inputs(model(extractor(name)))).run().failed()).isFalse();
        double[] theta = ModelWeights.read(dir.resolve("out/final/weights.safetensors"), HEAD);
        // The network computes in float32: embeddings are good to 1e-7.
        assertThat(theta).containsExactly(ridge(), within(1e-6));
    }

    /** (Σ eeᵀ + λI)⁻¹ Σ ye over the rows that are left, by Cramer's rule. */
    private double[] ridge() {
        double a = 0.5;
        double b = 0;
        double d = 0.5;
        double p = 0;
        double q = 0;
        for (int i = 0; i < ROWS; i++) {
            if (i != FORGOTTEN) {
                double first = embedded(W[0], x[i]);
                double second = embedded(W[1], x[i]);
                a += first * first;
                b += first * second;
                d += second * second;
                p += y[i] * first;
                q += y[i] * second;
            }
        }
        double determinant = a * d - b * b;
        return new double[] {(d * p - b * q) / determinant, (a * q - b * p) / determinant};
    }

    private static double embedded(double[] w, double[] raw) {
        return Math.tanh((w[0] * raw[0] + w[1] * raw[1] + w[2] * raw[2]) / 2);
    }

    @Test
    void shouldRefuseAnAlteredExtractorBeforeAnythingStarts() throws IOException {
        Path extractor = extractor("embed.onnx");
        Replay.Inputs inputs = inputs(model(extractor));
        Files.write(extractor, new byte[] {0}, StandardOpenOption.APPEND);
        assertThatThrownBy(() -> new Replay(inputs).run())
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("model.yaml: line 8: transform.extractor:")
                .hasMessageContaining("the file was altered");
    }
}
