package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.NetworkScores;
import dev.lethe.unlearn.valuation.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.hipparchus.stat.descriptive.DescriptiveStatistics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which score finds wrong labels best. */
@Command(
        name = "mislabel",
        description =
                "Gives some training rows a wrong label, refits, and measures which score finds them. The best comes"
                        + " first.",
        footer = {
            "",
            "Example:",
            "  lethe evaluate mislabel --model digits.yaml --samples digits.csv.gz --flip 0.1",
            "  lethe evaluate mislabel --model digits.yaml --samples digits.csv.gz --hidden 128 --epochs 10"
        })
final class MislabelCommand extends Evaluation {

    /** EL2N averaged over the epochs of a network's training. */
    private static final String OVER_EPOCHS = "el2n over epochs";

    @Mixin
    private MethodOptions methods;

    @Mixin
    private NetworkOptions network;

    @Option(
            names = "--flip",
            paramLabel = "A",
            defaultValue = "0.1",
            description = "Part of the labels that is made wrong (default: ${DEFAULT-VALUE}).")
    private double flip;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Repeats (default: ${DEFAULT-VALUE}).")
    private int seeds;

    /** Over the repeats. */
    private record Found(DescriptiveStatistics auc, DescriptiveStatistics at10, DescriptiveStatistics at20) {
        Found() {
            this(new DescriptiveStatistics(), new DescriptiveStatistics(), new DescriptiveStatistics());
        }
    }

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        if (data.objective().family() == Family.RIDGE) {
            throw new LetheException("mislabel: a ridge model has no labels to flip");
        }
        if (!(flip > 0 && flip < 1)) {
            throw new LetheException("--flip: expected a number between 0 and 1, got " + flip);
        }
        if (network.wanted()) {
            network.check(data.objective());
        }
        Map<String, Found> found = new LinkedHashMap<>();
        try (Progress progress = Progress.start("repeats", seeds)) {
            for (int s = 0; s < seeds; s++) {
                repeat(data, seed() + s, found);
                progress.step();
            }
        }
        report(found);
        return Lethe.DONE;
    }

    private void report(Map<String, Found> found) {
        Map<String, Found> best = new LinkedHashMap<>();
        found.entrySet().stream()
                .sorted(Comparator.comparingDouble(e -> -e.getValue().auc().getMean()))
                .forEach(e -> best.put(e.getKey(), e.getValue()));
        Results table = new Results("SCORE", "AUC", "AUC SD", "RECALL AT 10 %", "RECALL AT 20 %");
        best.forEach((score, one) -> table.add(
                score,
                one.auc().getMean(),
                one.auc().getStandardDeviation(),
                one.at10().getMean(),
                one.at20().getMean()));
        table.print(out());
        table.write(folderOrNull(), "mislabel");
        Map<String, List<Double>> bars = new LinkedHashMap<>();
        bars.put("AUC", means(best, Found::auc));
        bars.put("recall at 10 %", means(best, Found::at10));
        bars.put("recall at 20 %", means(best, Found::at20));
        String title = String.format(Locale.ROOT, "Wrong labels found: %.0f %% flipped, %d repeats", 100 * flip, seeds);
        Charts.bars(folderOrNull(), "mislabel", title, List.copyOf(best.keySet()), bars);
    }

    private static List<Double> means(Map<String, Found> found, Function<Found, DescriptiveStatistics> which) {
        return found.values().stream()
                .map(which)
                .map(DescriptiveStatistics::getMean)
                .toList();
    }

    private void repeat(DataOptions.Data data, long seed, Map<String, Found> found) {
        boolean[] wrong = new boolean[data.training().size()];
        List<Row> rows = flipped(data, new Random(seed), wrong);
        scores(data, rows, seed).forEach((score, values) -> {
            Found one = found.computeIfAbsent(score, s -> new Found());
            one.auc().addValue(Correlations.auc(values, wrong));
            one.at10().addValue(Correlations.recall(values, wrong, 0.1));
            one.at20().addValue(Correlations.recall(values, wrong, 0.2));
        });
    }

    private Map<String, double[]> scores(DataOptions.Data data, List<Row> rows, long seed) {
        Map<String, double[]> named = new LinkedHashMap<>();
        if (network.wanted()) {
            NetworkScores scores = new NetworkScores(rows);
            Network trained = network.train(data.objective(), rows, seed, scores);
            for (Score score : List.of(Score.LOSS, Score.EL2N, Score.GRAND, Score.SELF_INFLUENCE)) {
                named.put(score.id(), scores.of(trained, score, Damping.DEFAULT, seed));
            }
            named.put(OVER_EPOCHS, scores.el2nOverEpochs());
            return named;
        }
        try (Fitted fitted =
                Fitted.of(data.objective(), rows, methods.chosen(data.objective()), methods.options(seed))) {
            fitted.scores(List.of(Score.values())).values().forEach((score, values) -> named.put(score.id(), values));
        }
        return named;
    }

    private List<Row> flipped(DataOptions.Data data, Random random, boolean[] wrong) {
        List<Row> rows = new ArrayList<>(data.training());
        int count = (int) Math.round(flip * rows.size());
        random.ints(0, rows.size()).distinct().limit(count).forEach(i -> {
            wrong[i] = true;
            rows.set(i, other(data, rows.get(i), random));
        });
        return rows;
    }

    private static Row other(DataOptions.Data data, Row row, Random random) {
        int classes = data.objective().outputs();
        double label = data.objective().family() == Family.LOGISTIC
                ? -row.y()[0]
                : (row.y()[0] + 1 + random.nextInt(classes - 1)) % classes;
        return new Row(row.x(), new double[] {label}, row.weight());
    }
}
