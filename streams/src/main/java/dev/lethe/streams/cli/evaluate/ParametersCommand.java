package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.LeaveOneOut;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the parameters go without a row, or without a group of rows, against where refits go. */
@Command(
        name = "parameters",
        description = {
            "Removes single rows and random groups of rows, and correlates the change of the parameters as influence"
                    + " predicts it with the change that a refit makes.",
            "First order is the inverse curvature times the removed gradient; the other form takes the curvature of what"
                    + " is removed out too. Correlations are over all parameters of all removals, and over the lengths of"
                    + " the changes."
        },
        footer = {
            "",
            "Example:",
            "  lethe evaluate parameters --model digits.yaml --samples digits.csv.gz --rows 200 --out out"
        })
final class ParametersCommand extends Evaluation {

    private static final int POINTS = 2000;

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "100",
            description = "Random rows removed one at a time (default: ${DEFAULT-VALUE}).")
    private int rows;

    @Mixin
    private GroupOptions groups;

    /** Changes of θ by removals of one kind, one array per removal: by refits, to first order, and with the curvature. */
    private record Moves(String what, List<double[]> exact, List<double[]> first, List<double[]> newton) {
        Moves(String what) {
            this(what, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void add(double[] exact, GroupInfluence influence, List<RowChange> removed) {
            this.exact.add(exact);
            first.add(influence.firstOrder(removed));
            newton.add(influence.newtonStep(removed));
        }
    }

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        groups.check();
        if (rows < 3) {
            throw new LetheException("parameters: expected --rows of at least 3, got " + rows);
        }
        Results table = new Results(
                "REMOVED",
                "METHOD",
                "REMOVALS",
                "PEARSON",
                "SPEARMAN",
                "PEARSON OF LENGTHS",
                "SPEARMAN OF LENGTHS",
                "RELATIVE ERROR");
        try (Fitted fitted = methods.fitted(data, seed())) {
            report(singles(data, fitted), fitted.method().name(), table);
            report(several(data, fitted), fitted.method().name(), table);
        }
        table.print(out());
        table.write(folderOrNull(), "parameters");
        return Lethe.DONE;
    }

    private Moves singles(DataOptions.Data data, Fitted fitted) {
        int[] left = data.some(rows, seed());
        try (Fitted direct = methods.best(data, seed())) {
            LeaveOneOut refits = new LeaveOneOut(fitted.rows(), direct.method());
            return moves(
                    "row",
                    left.length,
                    fitted,
                    r -> List.of(RowChange.remove(data.training().get(left[r]))),
                    r -> refits.without(left[r]));
        }
    }

    private Moves several(DataOptions.Data data, Fitted fitted) {
        return moves(
                "group",
                groups.count(),
                fitted,
                g -> groups.group(data, g, seed()).removed(),
                g -> Fitted.theta(
                        data.objective(), groups.group(data, g, seed()).left()));
    }

    private static Moves moves(
            String what,
            int count,
            Fitted fitted,
            IntFunction<List<RowChange>> removed,
            IntFunction<double[]> refitted) {
        Moves moves = new Moves(what);
        double[] theta = fitted.theta();
        var influence = new GroupInfluence(fitted.rows().objective(), theta, fitted.method());
        try (Progress progress = Progress.start("refits", count)) {
            for (int i = 0; i < count; i++) {
                moves.add(Vectors.minus(refitted.apply(i), theta), influence, removed.apply(i));
                progress.step();
            }
        }
        return moves;
    }

    private void report(Moves moves, String method, Results table) {
        double[] exact = pooled(moves.exact());
        int[] drawn = Correlations.mostInfluential(exact, Math.min(POINTS, exact.length));
        XYChart chart = Charts.chart(
                "Parameters without a " + moves.what(),
                "change of a parameter after a refit (the " + drawn.length + " largest)",
                "predicted change");
        Charts.diagonal(chart, Correlations.at(exact, drawn));
        compare(moves, method + ", first order", moves.first(), drawn, chart, table);
        compare(moves, method + ", with curvature", moves.newton(), drawn, chart, table);
        Charts.write(chart, folderOrNull(), "parameters-" + moves.what());
    }

    private static void compare(
            Moves moves, String name, List<double[]> predicted, int[] drawn, XYChart chart, Results table) {
        double[] exact = pooled(moves.exact());
        double[] estimate = pooled(predicted);
        double[] lengths = lengths(moves.exact());
        double[] estimated = lengths(predicted);
        double error = 0;
        for (int i = 0; i < lengths.length; i++) {
            double apart =
                    Vectors.norm(Vectors.minus(predicted.get(i), moves.exact().get(i)));
            error += apart / lengths[i] / lengths.length;
        }
        table.add(
                moves.what(),
                name,
                lengths.length,
                Correlations.pearson(exact, estimate),
                Correlations.spearman(exact, estimate),
                Correlations.pearson(lengths, estimated),
                Correlations.spearman(lengths, estimated),
                error);
        Charts.points(chart, name, Correlations.at(exact, drawn), Correlations.at(estimate, drawn));
    }

    private static double[] pooled(List<double[]> moves) {
        return moves.stream().flatMapToDouble(DoubleStream::of).toArray();
    }

    private static double[] lengths(List<double[]> moves) {
        return moves.stream().mapToDouble(Vectors::norm).toArray();
    }
}
