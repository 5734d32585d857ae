package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The cases of {@code bench attribution}. */
final class AttributionBench {

    static final long SEED = 11;

    /** What can be asked for. */
    enum Part {
        /** Digits: influence against exact leave-one-out, and the time of a query. */
        LOO,
        /** MNIST, a tenth of the labels flipped: which score finds them. */
        MISLABEL,
        /** MNIST, pooled: the linear datamodelling score. */
        LDS,
        /** MNIST, all rows: scores against a gradient pass. */
        SCORES
    }

    private AttributionBench() {}

    static void run(BenchTable table, Path data, List<Part> parts) {
        boolean mnist = NetworkData.present(data);
        if (!mnist) {
            table.note("no MNIST in " + data + ": only leave-one-out is measured");
        }
        for (Part part : parts) {
            switch (part) {
                case LOO -> LeaveOneOutBench.run(table);
                case MISLABEL -> ifThere(mnist, () -> MislabelBench.run(table, data));
                case LDS -> ifThere(mnist, () -> DatamodellingBench.run(table, data));
                case SCORES -> ifThere(mnist, () -> ScoresBench.run(table, data));
            }
        }
    }

    private static void ifThere(boolean data, Runnable part) {
        if (data) {
            part.run();
        }
    }

    /** A single value that is to be at least this. */
    static void atLeast(BenchTable table, String name, double value, double promised) {
        table.addAtLeast(name, "1", new Figures(value, 0, promised), 1);
    }

    /** The mean of repeats that is to be at least this, with their standard deviation as spread. */
    static void meanAtLeast(BenchTable table, String name, double[] values, double promised) {
        table.addAtLeast(name, "1", mean(values, promised), 1);
    }

    static Figures mean(double[] values, double reference) {
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return new Figures(mean, Math.sqrt(squares / Math.max(1, values.length - 1)), reference);
    }

    /** With a constant 1 behind, as a model with an intercept sees it. */
    static List<Row> withConstant(List<Row> rows) {
        return rows.stream()
                .map(row -> {
                    double[] x = Arrays.copyOf(row.x(), row.x().length + 1);
                    x[x.length - 1] = 1;
                    return new Row(x, row.y(), row.weight());
                })
                .toList();
    }
}
