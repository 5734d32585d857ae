package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.ScaleRun.Sweep;
import dev.lethe.streams.cli.bench.Timing.Figures;
import java.util.Set;

/** The cases of {@code bench scale}. */
final class ScaleBench {
    private static final int GROWTH = 4;
    private static final int INSTANCES = 3;
    private static final int SHARDS = 12;

    /** A pass is linear in the rows, with room for what the machine does besides. */
    private static final double LINEAR_TARGET = 1.2;
    /** Requests per second do not depend on the rows. */
    private static final double RATE_TARGET = 0.8;

    private static final double TWO_TASKS_TARGET = 1.6;

    private final BenchTable table;
    private final BenchBroker broker;
    private final boolean quick;
    private final int rows;
    private final int most;
    private final int repetitions;

    private ScaleBench(BenchTable table, BenchBroker broker, boolean quick) {
        this.table = table;
        this.broker = broker;
        this.quick = quick;
        this.rows = quick ? 10_000 : 60_000;
        this.most = GROWTH * rows;
        this.repetitions = quick ? 5 : 15;
    }

    /** What is varied. */
    enum Against {
        ROWS,
        INSTANCES
    }

    static void run(BenchTable table, boolean quick, Set<Against> cases) {
        try (BenchBroker broker = new BenchBroker();
                Progress progress = Progress.start("scale", -1)) {
            ScaleBench bench = new ScaleBench(table, broker, quick);
            if (cases.contains(Against.ROWS)) {
                bench.rowsAndTasks(progress);
            }
            if (cases.contains(Against.INSTANCES)) {
                bench.instances(progress);
            }
        }
    }

    /**
     * Few and many rows are measured in turns: they meet the same machine. Two tasks have it to themselves: both cores are
     * theirs, and even a deployment that idles would take some of them.
     */
    private void rowsAndTasks(Progress progress) {
        Figures[] one = new Figures[Sweep.values().length];
        try (ScaleRun few = new ScaleRun(broker, "few", 1, 1, progress);
                ScaleRun many = new ScaleRun(broker, "many", 1, 1, progress)) {
            few.growTo(rows);
            many.growTo(most);
            one[Sweep.CURVATURE.ordinal()] = ScaleRun.passes(Sweep.CURVATURE, repetitions, many)[0];
            Figures[] passes = ScaleRun.passes(Sweep.GRADIENT, repetitions, few, many);
            one[Sweep.GRADIENT.ordinal()] = passes[1];
            compareRows(passes);
            Figures[] rates = ScaleRun.requests(repetitions, few, many);
            table.add("requests off a backlog, " + rows + " rows", "1/s", rates[0]);
            table.addAtLeast(
                    "requests off a backlog, " + most + " rows, against " + rows + " rows",
                    "1/s",
                    against(rates[1], rates[0].median()),
                    RATE_TARGET);
        }
        try (ScaleRun two = new ScaleRun(broker, "two", 2, 1, progress)) {
            two.growTo(most);
            for (Sweep sweep : Sweep.values()) {
                compareTasks(one[sweep.ordinal()], ScaleRun.passes(sweep, repetitions, two)[0], sweep);
            }
        }
    }

    private void compareRows(Figures[] passes) {
        table.add("gradient pass, " + rows + " rows", "ms", passes[0]);
        table.addAtMost(
                "gradient pass, " + most + " rows, against " + GROWTH + " times " + rows + " rows",
                "ms",
                against(passes[1], GROWTH * passes[0].median()),
                LINEAR_TARGET);
    }

    private void compareTasks(Figures one, Figures two, Sweep sweep) {
        String name = sweep.title() + " pass, " + most + " rows, by one task, against two";
        Figures figures = against(one, two.median());
        if (quick && sweep == Sweep.GRADIENT) {
            // So few rows take less time than the question and the answers on their way.
            table.add(name, "ms", figures);
        } else {
            table.addAtLeast(name, "ms", figures, TWO_TASKS_TARGET);
        }
    }

    private void instances(Progress progress) {
        Figures pass = null;
        Figures rate = null;
        for (int count = 1; count <= INSTANCES; count++) {
            try (ScaleRun run = new ScaleRun(broker, "instances-" + count, SHARDS, count, progress)) {
                run.growTo(rows);
                Figures passes = ScaleRun.passes(Sweep.GRADIENT, repetitions, run)[0];
                Figures requests = ScaleRun.requests(repetitions, run)[0];
                pass = pass == null ? passes : pass;
                rate = rate == null ? requests : rate;
                String name = ", " + SHARDS + " shards, " + count + (count == 1 ? " instance" : " instances");
                table.add("gradient pass" + name, "ms", against(passes, pass.median()));
                table.add("requests off a backlog" + name, "1/s", against(requests, rate.median()));
            }
        }
    }

    private static Figures against(Figures own, double reference) {
        return new Figures(own.median(), own.spread(), reference);
    }
}
