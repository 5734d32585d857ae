package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.objective.Vectors;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.Pruning;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

    @Mixin
    private GroupOptions groups;

    /** One estimate beside the refits: the movements' relative errors, and the loss changes. */
    private record Estimate(String name, List<Double> errors, List<Double> losses) {
        Estimate(String name) {
            this(name, new ArrayList<>(), new ArrayList<>());
        }
    }

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        groups.check();
        Estimate first = new Estimate("first order");
        Estimate newton = new Estimate("with the group's curvature");
        List<Double> refitted = new ArrayList<>();
        try (Fitted fitted = methods.fitted(data, seed());
                Progress progress = Progress.start("refits", groups.count())) {
            double[] theta = fitted.theta();
            var influence = new GroupInfluence(data.objective(), theta, fitted.method());
            for (int g = 0; g < groups.count(); g++) {
                var group = groups.group(data, g, seed());
                double[] moved = Vectors.minus(Fitted.theta(data.objective(), group.left()), theta);
                refitted.add(rise(data, theta, moved));
                compare(data, theta, first, influence.firstOrder(group.removed()), moved);
                compare(data, theta, newton, influence.newtonStep(group.removed()), moved);
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
                    groups.count(),
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
