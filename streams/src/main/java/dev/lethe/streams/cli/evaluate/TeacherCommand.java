package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Perceptron;
import dev.lethe.unlearn.valuation.Pruning.Keep;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The worked example of pruning. */
@Command(
        name = "teacher",
        description =
                "Student and teacher perceptron: keeping the hard examples helps with much data and hurts with little.",
        footer = {"", "Example:", "  lethe evaluate teacher --dimensions 50 --out out"})
final class TeacherCommand implements Callable<Integer> {

    private static final int[] PER_DIMENSION = {1, 2, 4, 8, 16, 32, 64};

    @Spec
    private CommandSpec command;

    @Option(names = "--dimensions", paramLabel = "N", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
    private int dimensions;

    @Option(
            names = "--keep",
            paramLabel = "A",
            defaultValue = "0.3",
            description = "Part of the rows that is kept (default: ${DEFAULT-VALUE}).")
    private double keep;

    @Option(
            names = "--angle",
            paramLabel = "DEGREES",
            defaultValue = "0",
            description = "Between probe student and teacher (default: ${DEFAULT-VALUE}).")
    private double angle;

    @Option(names = "--repeats", paramLabel = "N", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Mixin
    private ResultOptions results;

    @Override
    public Integer call() {
        if (!(keep > 0 && keep <= 1) || repeats < 1 || dimensions < 2) {
            throw new LetheException(
                    "expected --keep in (0, 1], --repeats of at least 1 and --dimensions of at least 2," + " got "
                            + keep + ", " + repeats + " and " + dimensions);
        }
        double[][] errors = new double[3][PER_DIMENSION.length];
        try (Progress progress = Progress.start("students", (long) PER_DIMENSION.length * repeats)) {
            for (int r = 0; r < repeats; r++) {
                Perceptron perceptron = new Perceptron(dimensions, Math.toRadians(angle), results.seed() + r);
                for (int i = 0; i < PER_DIMENSION.length; i++) {
                    learn(perceptron, i, errors);
                    progress.step();
                }
            }
        }
        report(errors);
        return Lethe.DONE;
    }

    private void learn(Perceptron perceptron, int i, double[][] errors) {
        int kept = PER_DIMENSION[i] * dimensions;
        List<Row> all = perceptron.rows((int) Math.ceil(kept / keep));
        errors[0][i] += perceptron.error(perceptron.pruned(all, kept, Keep.HARDEST)) / repeats;
        errors[1][i] += perceptron.error(perceptron.pruned(all, kept, Keep.EASIEST)) / repeats;
        errors[2][i] += perceptron.error(all.subList(0, kept)) / repeats;
    }

    private void report(double[][] errors) {
        Results table = new Results("ROWS KEPT PER DIMENSION", "HARDEST", "EASIEST", "RANDOM", "BEST");
        double[] x = new double[PER_DIMENSION.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = PER_DIMENSION[i];
            String best = errors[0][i] < Math.min(errors[1][i], errors[2][i])
                    ? "hardest"
                    : errors[1][i] < errors[2][i] ? "easiest" : "random";
            table.add(PER_DIMENSION[i], errors[0][i], errors[1][i], errors[2][i], best);
        }
        PrintWriter to = command.commandLine().getOut();
        table.print(to);
        table.write(results.folderOrNull(), "teacher");
        XYChart chart = Charts.chart(
                "Student and teacher, a part of " + keep + " kept", "rows kept per dimension", "error on new rows");
        Charts.logarithmic(chart);
        Charts.line(chart, "hardest", x, errors[0]);
        Charts.line(chart, "easiest", x, errors[1]);
        Charts.line(chart, "random", x, errors[2]);
        Charts.write(chart, results.folderOrNull(), "teacher");
    }
}
