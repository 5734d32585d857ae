package dev.lethe.streams.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lethe.unlearn.format.Npy;
import dev.lethe.unlearn.format.RawSample;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DigitsFileTest {
    private static final Path GOLDEN =
            Path.of("..", "..", "shared", "golden", "digits_softmax").toAbsolutePath();
    private static final int PIXELS = 64;

    @Test
    void shouldHoldTheFactsAsPublished() {
        List<RawSample> rows = digits();

        assertThat(rows).hasSize(1797);
        assertThat(rows).extracting(RawSample::label).containsOnly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(rows)
                .allSatisfy(row -> assertThat(row.features())
                        .hasSize(PIXELS)
                        .matches(x -> Arrays.stream(x).allMatch(v -> v >= 0 && v <= 16 && v == Math.rint(v))));
    }

    @Test
    void shouldEqualTheGoldenCase() {
        assumeThat(Files.isDirectory(GOLDEN))
                .as("the golden cases are not on this machine")
                .isTrue();
        double[] x = Npy.read(GOLDEN.resolve("X.npy")).values();
        double[] y = Npy.read(GOLDEN.resolve("y.npy")).values();

        List<RawSample> rows = digits();
        for (int i = 0; i < rows.size(); i++) {
            int start = i * (PIXELS + 1);
            assertThat(Arrays.stream(rows.get(i).features()).map(v -> v / 16).toArray())
                    .containsExactly(Arrays.copyOfRange(x, start, start + PIXELS));
            assertThat(Double.parseDouble(rows.get(i).label())).isEqualTo(y[i]);
        }
    }

    private static List<RawSample> digits() {
        var in = DigitsFileTest.class.getResourceAsStream("digits.csv.gz");
        try (SampleFile file = SampleFiles.csv("digits.csv.gz", in, PIXELS)) {
            return file.stream().toList();
        }
    }
}
