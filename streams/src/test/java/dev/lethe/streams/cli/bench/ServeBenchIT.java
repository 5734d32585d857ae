package dev.lethe.streams.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.cli.OutputOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A small real run: a service is started, stopped, started, killed and started. */
class ServeBenchIT {
    /** These processes live for seconds: the optimising compiler would not pay for itself. */
    private static final ServeBench.Plan PLAN =
            new ServeBench.Plan(60, 4, 1, Duration.ofMillis(100), List.of("-XX:TieredStopAtLevel=1"));

    /** Prints what was measured. */
    @Command(name = "small")
    private static final class Small implements Callable<Integer> {
        @Mixin
        private OutputOptions output;

        @Override
        public Integer call() {
            BenchTable table = new BenchTable(new PrintWriter(System.err, true));
            ServeBench.run(table, PLAN);
            return table.print(output);
        }
    }

    /** Whether the targets are met is the machine's affair. */
    @Test
    void shouldMeasureARealService() throws Exception {
        StringWriter out = new StringWriter();
        new CommandLine(new Small())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out, true))
                .execute("--output", "json");

        JsonNode rows = new ObjectMapper().readTree(out.toString());
        assertThat(rows.get(0).get("name").asText()).isEqualTo("start to first answered request, 60 rows, d=4");
        assertThat(rows.get(1).get("name").asText()).startsWith("the same after a kill");
        for (int i = 0; i < 2; i++) {
            assertThat(rows.get(i).get("median").asDouble()).isPositive();
            assertThat(rows.get(i).get("target").asDouble()).isEqualTo(1);
        }
        assertThat(rows.get(2).get("median").asDouble()).isNotNegative();
    }
}
