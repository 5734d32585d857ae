package dev.lethe.streams.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.OutputOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class BenchTest {

    /** Prints a table of two figures, the second with a target. */
    @Command(name = "fake")
    static final class Fake implements java.util.concurrent.Callable<Integer> {
        private final double target;

        @Mixin
        private OutputOptions output;

        Fake(double target) {
            this.target = target;
        }

        @Override
        public Integer call() {
            BenchTable table = new BenchTable(new PrintWriter(new StringWriter()));
            table.add("free", new Timing.Figures(3, 1, 2));
            table.addAtMost("promised", new Timing.Figures(30, 2, 20), target);
            return table.print(output);
        }
    }

    private static int run(double target, StringWriter out, String... arguments) {
        return new CommandLine(new Fake(target)).setOut(new PrintWriter(out)).execute(arguments);
    }

    @Test
    void shouldAnswerInOneFormAndSayByTheExitCodeWhetherATargetWasMissed() throws Exception {
        StringWriter out = new StringWriter();
        int code = new CommandLine(new Fake(1.4))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out))
                .execute("--output", "json");
        assertThat(code).isEqualTo(Lethe.TO_DO).isEqualTo(3);
        JsonNode rows = new ObjectMapper().readTree(out.toString());
        assertThat(rows.get(0).fieldNames())
                .toIterable()
                .containsExactly("name", "unit", "median", "spread", "reference", "ratio", "target", "met");
        assertThat(rows.get(0).get("met").isNull()).isTrue();
        assertThat(rows.get(1).get("ratio").asDouble()).isEqualTo(1.5);
        assertThat(rows.get(1).get("met").asBoolean()).isFalse();
    }

    @Test
    void shouldPrintATableAndExitWith0WhenTargetsAreMet() {
        StringWriter out = new StringWriter();
        assertThat(run(1.6, out)).isZero();
        assertThat(out.toString()).contains("NAME").contains("promised").contains("true");
    }

    @Test
    void shouldTimeWorkAndReferenceInTurns() {
        StringBuilder order = new StringBuilder();
        var figures = Timing.alternate(1, 2, round -> order.append('w').append(round), round -> order.append('r'));
        assertThat(order).hasToString("rw0rw1rw2");
        assertThat(figures.median()).isPositive();
        assertThat(new Timing.Figures(8, 4, 2).per(4).ratio()).isCloseTo(4, within(1e-12));
        assertThat(new Timing.Figures(8, 4, 2).withReferenceTimes(0.5).ratio()).isCloseTo(8, within(1e-12));
    }
}
