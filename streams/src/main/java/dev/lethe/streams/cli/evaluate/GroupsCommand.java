package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.Pruning;
import dev.lethe.unlearn.valuation.Subsets;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What groups of rows do together, with and without their own curvature, against refits. */
@Command(
        name = "groups",
        description = "Removes random groups of rows: by how much the parameters move and the mean test loss rises, to"
                + " first order, by a Newton step that takes the group's curvature out too, and by a refit.",
        footer = {
            "",
            "Example:",
            "  lethe evaluate groups --model digits.yaml --samples digits.csv.gz --fraction 0.05 --groups 20 --out out"
        })
final class GroupsCommand extends Evaluation {

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.05",
            description = "Part of the rows in each group (default: ${DEFAULT-VALUE}).")
    private double fraction;

    @Option(names = "--groups", paramLabel = "N", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int groups;

    /** One estimate beside the refits: the movements' relative errors, and the loss changes. */
    private record Estimate(String name, List<Double> errors, List<Double> losses) {
        Estimate(String name) {
            this(name, new ArrayList<>(), new ArrayList<>());
        }
    }

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        if (!(fraction > 0 && fraction < 1) || groups < 3) {
            throw new LetheException("groups: expected --fraction between 0 and 1 and --groups of at least 3, got "
                    + fraction + " and " + groups);
        }
        Estimate first = new Estimate("first order");
        Estimate newton = new Estimate("with the group's curvature");
        List<Double> refitted = new ArrayList<>();
        Subsets drawn = new Subsets(data.training().size(), fraction, seed());
        try (Fitted fitted = Fitted.of(
                        data.objective(), data.training(), methods.chosen(data.objective()), methods.options(seed()));
                Progress progress = Progress.start("refits", groups)) {
            double[] theta = fitted.theta();
            var influence = new GroupInfluence(data.objective(), theta, fitted.method());
            for (int g = 0; g < groups; g++) {
                boolean[] members = drawn.members(g);
                List<RowChange> removed = Subsets.of(data.training(), members).stream()
                        .map(RowChange::remove)
                        .toList();
                double[] moved = Vectors.minus(
                        Fitted.theta(data.objective(), Subsets.of(data.training(), Subsets.others(members))), theta);
                refitted.add(rise(data, theta, moved));
                compare(data, theta, first, influence.firstOrder(removed), moved);
                compare(data, theta, newton, influence.newtonStep(removed), moved);
                progress.step();
            }
        }
        report(List.of(first, newton), refitted);
        return Lethe.DONE;
    }

    private static double rise(DataOptions.Data data, double[] theta, double[] step) {
        return Pruning.loss(data.objective(), Vectors.plus(theta, 1, step), data.test())
                - Pruning.loss(data.objective(), theta, data.test());
    }

    private static void compare(
            DataOptions.Data data, double[] theta, Estimate estimate, double[] step, double[] moved) {
        estimate.errors().add(Vectors.norm(Vectors.minus(step, moved)) / Vectors.norm(moved));
        estimate.losses().add(rise(data, theta, step));
    }

    private void report(List<Estimate> estimates, List<Double> refitted) {
        Results table =
                new Results("METHOD", "GROUPS", "RELATIVE ERROR OF STEP", "PEARSON OF LOSS", "SPEARMAN OF LOSS");
        XYChart chart = Charts.chart("Groups removed", "rise of the mean test loss after a refit", "estimated rise");
        double[] truth = values(refitted);
        for (Estimate estimate : estimates) {
            double[] losses = values(estimate.losses());
            table.add(
                    estimate.name(),
                    groups,
                    estimate.errors().stream()
                            .mapToDouble(Double::doubleValue)
                            .average()
                            .orElseThrow(),
                    Correlations.pearson(truth, losses),
                    Correlations.spearman(truth, losses));
            Charts.points(chart, estimate.name(), truth, losses);
        }
        table.print(out());
        table.write(folderOrNull(), "groups");
        Charts.diagonal(chart, truth);
        Charts.write(chart, folderOrNull(), "groups");
    }

    private static double[] values(List<Double> list) {
        return list.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
