package dev.lethe.streams.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.OutputOptions;
import dev.lethe.streams.cli.bench.Timing.Figures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ServeBenchTest {
    private static final int ROWS = 60_000;
    private static final int FEATURES = 784;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    /** Prints figures as if they had been measured. */
    @Command(name = "fake")
    private final class Fake implements Callable<Integer> {
        private final ServeFigures figures;
        private final int rows;

        @Mixin
        private OutputOptions output;

        Fake(ServeFigures figures, int rows) {
            this.figures = figures;
            this.rows = rows;
        }

        @Override
        public Integer call() {
            BenchTable table = new BenchTable(new PrintWriter(err));
            figures.addTo(table, rows, FEATURES);
            return table.print(output);
        }
    }

    private static ServeFigures figures(double killed, Optional<Figures> resident) {
        return new ServeFigures(new double[] {9, 6, 7}, new double[] {killed}, new double[] {2, 1, 3, 5, 4}, resident);
    }

    private JsonNode rows(ServeFigures figures, int rows, int exitCode) throws IOException {
        int code = new CommandLine(new Fake(figures, rows))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out))
                .execute("--output", "json");
        assertThat(code).isEqualTo(exitCode);
        return new ObjectMapper().readTree(out.toString());
    }

    @Test
    void shouldHoldStartsAgainstWhatIsPromised() throws IOException {
        JsonNode rows = rows(figures(12, Optional.of(new Figures(900, 0, 360))), ROWS, Lethe.DONE);

        assertThat(rows).hasSize(4);
        assertThat(rows.get(0).get("name").asText()).contains("60000 rows", "d=784");
        assertThat(rows.get(0).get("median").asDouble()).isEqualTo(7);
        assertThat(rows.get(0).get("ratio").asDouble()).isCloseTo(0.7, within(1e-9));
        assertThat(rows.get(1).get("ratio").asDouble()).isCloseTo(0.4, within(1e-9));
        assertThat(rows.get(2).get("median").asDouble()).isEqualTo(3);
        assertThat(rows.get(2).get("met").isNull()).isTrue();
        assertThat(rows.get(3).get("ratio").asDouble()).isCloseTo(2.5, within(1e-9));
    }

    @Test
    void shouldExitWithThreeWhenAStartAfterAKillTakesLongerThanPromised() throws IOException {
        JsonNode rows = rows(figures(31, Optional.empty()), ROWS, Lethe.TO_DO);

        assertThat(rows.get(0).get("met").asBoolean()).isTrue();
        assertThat(rows.get(1).get("met").asBoolean()).isFalse();
        assertThat(rows).as("memory is not told").hasSize(3);
        assertThat(err.toString()).contains("resident memory: not available");
    }

    @Test
    void shouldPromiseNothingForMoreRows() throws IOException {
        JsonNode rows = rows(figures(31, Optional.empty()), ROWS + 1, Lethe.DONE);

        assertThat(rows.get(1).get("met").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "--rows=many, --rows",
        "--rows=55, 'rows: expected at least 56, got 55'",
        "--features=1, 'features: expected at least 2, got 1'",
        "--quick --rows=51, 'rows: expected at least 52, got 51'"
    })
    void shouldRefuseWhatCannotBeMeasured(String options, String reason) {
        CommandLine command = Lethe.commandLine();
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));

        assertThat(command.execute(("bench serve " + options).split(" "))).isEqualTo(Lethe.USAGE);
        assertThat(err.toString()).contains(reason);
    }

    @Test
    void shouldReadResidentMemoryWhereTheSystemTellsIt() throws IOException {
        Path status = Files.writeString(folder.resolve("status"), "VmHWM:\t 9 kB\nVmRSS:\t  2048 kB\nThreads: 3\n");

        assertThat(ResidentMemory.megabytes(status)).hasValue(2);
        assertThat(ResidentMemory.megabytes(folder.resolve("none"))).isEmpty();
    }
}
