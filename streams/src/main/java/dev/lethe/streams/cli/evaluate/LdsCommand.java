package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Datamodelling;
import dev.lethe.unlearn.valuation.NetworkMethods;
import dev.lethe.unlearn.valuation.NetworkScores;
import dev.lethe.unlearn.valuation.Subsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The linear datamodelling score. */
@Command(
        name = "lds",
        description =
                "Linear datamodelling score: how well summed influences rank the losses of models trained on random"
                        + " subsets (Spearman per test row, averaged).",
        footer = {"", "Example:", "  lethe evaluate lds --model digits.yaml --samples digits.csv.gz --subsets 40"})
final class LdsCommand extends Evaluation {

    @Mixin
    private MethodOptions methods;

    @Mixin
    private NetworkOptions network;

    @Option(names = "--subsets", paramLabel = "N", defaultValue = "40", description = "Default: ${DEFAULT-VALUE}.")
    private int subsets;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.5",
            description = "Part of the rows in each subset (default: ${DEFAULT-VALUE}).")
    private double fraction;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "1",
            description = "--hidden: networks with seeds of their own on each subset, their losses averaged (default:"
                    + " ${DEFAULT-VALUE}).")
    private int repeats;

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        Map<String, Datamodelling> scores = network.wanted() ? ofNetwork(data) : ofModel(data);
        train(data, scores);
        Results table = new Results("METHOD", "SUBSETS", "FRACTION", "LDS");
        scores.forEach((name, score) -> table.add(name, subsets, fraction, score.score()));
        table.print(out());
        table.write(folderOrNull(), "lds");
        picture(scores);
        return Lethe.DONE;
    }

    /** How the test rows' own scores are spread: a mean may hide rows that nothing predicts. */
    private void picture(Map<String, Datamodelling> scores) {
        XYChart chart = Charts.chart(
                "Linear datamodelling score, " + subsets + " subsets of " + fraction,
                "test rows, the best predicted first",
                "rank correlation of predicted and measured loss");
        scores.forEach((name, score) -> {
            double[] each = Arrays.stream(score.perTest())
                    .filter(rho -> !Double.isNaN(rho))
                    .map(rho -> -rho)
                    .sorted()
                    .map(rho -> -rho)
                    .toArray();
            double[] ranks =
                    IntStream.rangeClosed(1, each.length).asDoubleStream().toArray();
            Charts.line(chart, String.format(Locale.ROOT, "%s (mean %.3f)", name, score.score()), ranks, each);
        });
        Charts.write(chart, folderOrNull(), "lds");
    }

    private Map<String, Datamodelling> ofModel(DataOptions.Data data) {
        Map<String, Datamodelling> scores = new LinkedHashMap<>();
        InfluenceMethods chosen = methods.chosen(data.objective());
        for (InfluenceMethods method : new InfluenceMethods[] {chosen, InfluenceMethods.GRADIENT_DOT}) {
            try (Fitted fitted = Fitted.of(data.objective(), data.training(), method, methods.options(seed()))) {
                double[] influences = fitted.attribution().onEach(data.test());
                scores.put(
                        method.id(), new Datamodelling(influences, data.test().size()));
            }
        }
        return scores;
    }

    /** Averaged over networks of several seeds, as the losses are. */
    private Map<String, Datamodelling> ofNetwork(DataOptions.Data data) {
        network.check(data.objective());
        if (repeats < 1) {
            throw new LetheException("--repeats: expected at least 1, got " + repeats);
        }
        NetworkScores scores = new NetworkScores(data.training());
        Map<String, double[]> influences = new LinkedHashMap<>();
        for (int r = 0; r < repeats; r++) {
            Network trained = network.train(data.objective(), data.training(), seed() + r, TrainingListener.NONE);
            for (NetworkMethods method : NetworkMethods.values()) {
                double[] mean = influences.computeIfAbsent(
                        method.id(),
                        id -> new double[data.training().size() * data.test().size()]);
                try (var inverse = method.over(trained, data.training(), Damping.DEFAULT, seed() + r)) {
                    double[] one = scores.influences(trained, data.test(), inverse);
                    Arrays.setAll(mean, i -> mean[i] + one[i] / repeats);
                }
            }
        }
        Map<String, Datamodelling> all = new LinkedHashMap<>();
        influences.forEach((name, mean) ->
                all.put(name, new Datamodelling(mean, data.test().size())));
        return all;
    }

    private void train(DataOptions.Data data, Map<String, Datamodelling> scores) {
        Subsets drawn = new Subsets(data.training().size(), fraction, seed());
        try (Progress progress = Progress.start("models", subsets)) {
            for (int s = 0; s < subsets; s++) {
                boolean[] members = drawn.members(s);
                double[] losses = lossesOf(data, Subsets.of(data.training(), members));
                scores.values().forEach(score -> score.add(members, losses));
                progress.step();
            }
        }
    }

    private double[] lossesOf(DataOptions.Data data, List<Row> rows) {
        if (!network.wanted()) {
            try (Anchor anchor = InMemoryFit.fit(data.objective(), rows, null)) {
                return losses(data, anchor.theta());
            }
        }
        double[] losses = new double[data.test().size()];
        for (int r = 0; r < repeats; r++) {
            double[] one = network.train(data.objective(), rows, seed() + r, TrainingListener.NONE)
                    .losses(data.test());
            Arrays.setAll(losses, t -> losses[t] + one[t] / repeats);
        }
        return losses;
    }

    private static double[] losses(DataOptions.Data data, double[] theta) {
        Loss loss = Loss.of(data.objective().family());
        return data.test().stream()
                .mapToDouble((Row row) -> loss.value(Predictor.logits(data.objective(), theta, row.x()), row.y()))
                .toArray();
    }
}
