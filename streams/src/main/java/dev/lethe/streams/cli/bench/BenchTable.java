package dev.lethe.streams.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.OutputOptions;
import dev.lethe.unlearn.linalg.SelfTest;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The one form that every benchmark answers in: name, median, spread, reference, ratio, target, met. What the machine
 * was and what else it did goes to the error stream, so that the answer stays one table or one list.
 */
final class BenchTable {

    private final PrintWriter notes;
    private final List<ObjectNode> rows = new ArrayList<>();
    private boolean missed;

    /** @param notes where the environment and the progress are told */
    BenchTable(PrintWriter notes) {
        this.notes = notes;
        note(environment());
    }

    private static String environment() {
        return String.format(
                Locale.ROOT,
                "%s, Java %s, %s %s, 1 BLAS thread of %d cores, load average %.2f",
                SelfTest.platform(),
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    void note(String line) {
        notes.println(line);
        notes.flush();
    }

    /** What a figure is promised to be, held against its reference. */
    record Target(double ratio, boolean atLeast) {

        boolean metBy(double reached) {
            return atLeast ? reached >= ratio : reached <= ratio;
        }
    }

    /** A figure in microseconds, without a promise. */
    void add(String name, Timing.Figures figures) {
        add(name, "us", figures, null);
    }

    /** A figure in microseconds whose ratio to its reference must not be above the target. */
    void addAtMost(String name, Timing.Figures figures, double target) {
        addAtMost(name, "us", figures, target);
    }

    /** A figure without a promise. */
    void add(String name, String unit, Timing.Figures figures) {
        add(name, unit, figures, null);
    }

    /** A figure whose ratio to its reference must not be above the target. */
    void addAtMost(String name, String unit, Timing.Figures figures, double target) {
        add(name, unit, figures, new Target(target, false));
    }

    /** A figure whose ratio to its reference must not be below the target. */
    void addAtLeast(String name, String unit, Timing.Figures figures, double target) {
        add(name, unit, figures, new Target(target, true));
    }

    private void add(String name, String unit, Timing.Figures figures, Target target) {
        ObjectNode row = JsonNodeFactory.instance.objectNode();
        row.put("name", name).put("unit", unit);
        row.put("median", rounded(figures.median())).put("spread", rounded(figures.spread()));
        row.put("reference", rounded(figures.reference())).put("ratio", rounded(figures.ratio()));
        if (target == null) {
            row.putNull("target").putNull("met");
        } else {
            boolean met = target.metBy(figures.ratio());
            missed |= !met;
            row.put("target", rounded(target.ratio())).put("met", met);
        }
        rows.add(row);
    }

    /** Four digits. */
    private static double rounded(double value) {
        return Double.parseDouble(String.format(Locale.ROOT, "%.4g", value));
    }

    /** Prints the answer. @return the exit code */
    int print(OutputOptions output) {
        note(environment());
        output.list(rows, "nothing was measured");
        return missed ? Lethe.TO_DO : Lethe.DONE;
    }
}
