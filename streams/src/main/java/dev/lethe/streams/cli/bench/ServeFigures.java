package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import java.util.Optional;

/**
 * What {@code bench serve} has measured.
 *
 * @param stopped seconds from a start after a clean stop to the first answered request
 * @param killed the same after a kill
 * @param idle CPU time per second of a process that is asked nothing, in % of one core
 * @param resident MB in memory then, held against the rows; empty where the system does not tell
 */
record ServeFigures(double[] stopped, double[] killed, double[] idle, Optional<Figures> resident) {
    /** For which the times are promised; for fewer rows they hold as well. */
    static final int ROWS = 60_000;
    /** Of these rows. */
    static final int FEATURES = 784;

    private static final double STOPPED_S = 10;
    private static final double KILLED_S = 30;
    private static final double ONE_CORE = 100;

    /** Adds the rows of the answer. */
    void addTo(BenchTable table, int rows, int features) {
        String size = ", " + rows + " rows, d=" + features;
        boolean promised = rows <= ROWS && features <= FEATURES;
        start(table, "start to first answered request" + size, Figures.of(stopped, STOPPED_S), promised);
        start(table, "the same after a kill" + size, Figures.of(killed, KILLED_S), promised);
        table.add("CPU of the idle service, held against one core", "%", Figures.of(idle, ONE_CORE));
        resident.ifPresentOrElse(
                figures -> table.add("resident memory of the idle service, held against the rows", "MB", figures),
                () -> table.note("resident memory: not available on this system"));
    }

    private static void start(BenchTable table, String name, Figures figures, boolean promised) {
        if (promised) {
            table.addAtMost(name, "s", figures, 1);
        } else {
            table.add(name, "s", figures);
        }
    }
}
