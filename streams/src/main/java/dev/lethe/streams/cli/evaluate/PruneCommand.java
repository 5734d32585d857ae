package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Prototypes;
import dev.lethe.unlearn.valuation.Pruning;
import dev.lethe.unlearn.valuation.Pruning.Keep;
import dev.lethe.unlearn.valuation.Pruning.Point;
import dev.lethe.unlearn.valuation.Score;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What training on a part of the rows costs. */
@Command(
        name = "prune",
        description = "Trains on the easiest, the hardest and random rows by a score, at several fractions.",
        footer = {
            "",
            "Example:",
            "  lethe evaluate prune --model digits.yaml --samples digits.csv.gz --score el2n --out out"
        })
final class PruneCommand extends Evaluation {

    private static final String PROTOTYPES = "prototypes";

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--score",
            paramLabel = "NAME",
            defaultValue = "el2n",
            description = "A score of `evaluate scores`, or " + PROTOTYPES
                    + ": the distance to the nearest centre of k-means,"
                    + " on features or on what an extractor makes of them, which needs no model (default:"
                    + " ${DEFAULT-VALUE}).")
    private String score;

    @Option(
            names = "--prototypes",
            paramLabel = "N",
            defaultValue = "10",
            description = "Centres of each class (default: ${DEFAULT-VALUE}).")
    private int prototypes;

    @Option(names = "--balanced", description = "Keep the same part of every class.")
    private boolean balanced;

    @Option(
            names = "--fractions",
            paramLabel = "A",
            split = ",",
            defaultValue = "0.05,0.1,0.2,0.4,0.6,0.8,1",
            description = "Parts that are kept (default: ${DEFAULT-VALUE}).")
    private List<Double> fractions;

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        double[] scores = scores(data);
        double[] random = new Random(seed()).doubles(scores.length).toArray();
        Map<String, List<Point>> curves = new LinkedHashMap<>();
        try (Progress progress = Progress.start("models", 3L * fractions.size())) {
            for (double fraction : fractions) {
                train(data, "easiest", Pruning.kept(data.training(), scores, Keep.EASIEST, fraction), curves);
                train(data, "hardest", Pruning.kept(data.training(), scores, Keep.HARDEST, fraction), curves);
                train(data, "random", Pruning.kept(data.training(), random, Keep.EASIEST, fraction), curves);
                progress.step();
            }
        }
        report(curves);
        return Lethe.DONE;
    }

    private double[] scores(DataOptions.Data data) {
        double[] scores = score.equals(PROTOTYPES)
                ? ScoreNames.distances(data, prototypes, seed(), "--score " + PROTOTYPES)
                : ofModel(data);
        return balanced ? Prototypes.balanced(data.training(), scores) : scores;
    }

    private double[] ofModel(DataOptions.Data data) {
        Score known = ScoreNames.of(score, "--score");
        try (Fitted fitted = methods.fitted(data, seed())) {
            return ScoreNames.require(fitted.scores(List.of(known)).values(), known);
        }
    }

    private static void train(DataOptions.Data data, String kind, List<Row> rows, Map<String, List<Point>> curves) {
        curves.computeIfAbsent(kind, k -> new ArrayList<>()).add(Pruning.train(data.objective(), rows, data.test()));
    }

    private void report(Map<String, List<Point>> curves) {
        Results table = new Results("KEPT", "ROWS", "ACCURACY", "LOSS", "POWER LAW");
        String title = "Training on a part, by " + score;
        XYChart losses = Charts.chart(title, "rows kept", "mean test loss");
        Charts.logarithmic(losses);
        XYChart accuracies = Charts.chart(title, "rows kept", "accuracy on the test rows");
        curves.forEach((kind, points) -> {
            Pruning.PowerLaw law = points.size() < 2 ? null : Pruning.powerLaw(points);
            String fit =
                    law == null ? "-" : String.format(Locale.ROOT, "n^%.3f, R2 %.3f", law.exponent(), law.rSquared());
            points.forEach(p -> table.add(kind, p.kept(), p.accuracy(), p.loss(), fit));
            double[] kept = points.stream().mapToDouble(Point::kept).toArray();
            Charts.line(
                    losses,
                    law == null ? kind : kind + ", " + fit,
                    kept,
                    points.stream().mapToDouble(Point::loss).toArray());
            Charts.line(
                    accuracies,
                    kind,
                    kept,
                    points.stream().mapToDouble(Point::accuracy).toArray());
        });
        table.print(out());
        table.write(folderOrNull(), "prune");
        Charts.write(losses, folderOrNull(), "prune-loss");
        if (curves.values().stream().flatMap(List::stream).noneMatch(p -> Double.isNaN(p.accuracy()))) {
            Charts.write(accuracies, folderOrNull(), "prune-accuracy");
        }
    }
}
