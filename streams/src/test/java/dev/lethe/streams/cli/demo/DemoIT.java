package dev.lethe.streams.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.streams.cli.Lethe;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole demo, as a user starts it, and what its table claims. */
class DemoIT {
    @TempDir
    Path folder;

    @Test
    @Timeout(300)
    void shouldEndWithTheModelThatNeverSawTheData() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Lethe.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("demo", "--data-dir", folder.resolve("demo").toString());

        assertThat(err.toString()).isEmpty();
        assertThat(code).isZero();
        List<TableRow> table = out.toString()
                .lines()
                .filter(line -> line.startsWith("| "))
                .skip(2)
                .map(TableRow::parse)
                .toList();
        assertThat(table).hasSize(5);
        TableRow trained = table.get(0);
        TableRow repaired = table.get(1);
        TableRow deleted = table.get(2);
        TableRow settled = table.get(3);
        TableRow retrained = table.get(4);
        assertThat(repaired.accuracy).as("repairing recovers accuracy").isGreaterThan(trained.accuracy);
        assertThat(settled.accuracy).isEqualTo(retrained.accuracy).isGreaterThan(90);
        assertThat(trained.distance).isLessThanOrEqualTo(1e-9 * (1 + trained.norm()));
        assertThat(settled.distance).isLessThanOrEqualTo(1e-9 * (1 + settled.norm()));
        assertThat(repaired.relative).as("one step is near already").isLessThan(0.05);
        assertThat(deleted.relative).as("one step is near already").isLessThan(0.05);
    }

    private record TableRow(String model, double accuracy, double distance, double relative) {

        static TableRow parse(String line) {
            String[] cells = line.split("\\s*\\|\\s*");
            String[] distances = cells[3].equals("-") ? new String[] {"NaN", "NaN"} : cells[3].split("[ ()]+");
            return new TableRow(
                    cells[1],
                    Double.parseDouble(cells[2].replace(" %", "")),
                    Double.parseDouble(distances[0]),
                    Double.parseDouble(distances[distances.length - 1]));
        }

        /** Norm of the retrained parameters, as far as two printed digits tell. */
        double norm() {
            return distance / relative;
        }
    }
}
