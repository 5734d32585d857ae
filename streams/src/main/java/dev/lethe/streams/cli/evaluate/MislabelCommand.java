package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
        footer = {"", "Example:", "  lethe evaluate mislabel --model digits.yaml --samples digits.csv.gz --flip 0.1"})
final class MislabelCommand extends Evaluation {

    @Mixin
    private MethodOptions methods;

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
        Map<Score, Found> found = new EnumMap<>(Score.class);
        try (Progress progress = Progress.start("repeats", seeds)) {
            for (int s = 0; s < seeds; s++) {
                repeat(data, seed() + s, found);
                progress.step();
            }
        }
        Results table = new Results("SCORE", "AUC", "AUC SD", "RECALL AT 10 %", "RECALL AT 20 %");
        found.entrySet().stream()
                .sorted(Comparator.comparingDouble(e -> -e.getValue().auc().getMean()))
                .forEach(e -> table.add(
                        e.getKey().id(),
                        e.getValue().auc().getMean(),
                        e.getValue().auc().getStandardDeviation(),
                        e.getValue().at10().getMean(),
                        e.getValue().at20().getMean()));
        table.print(out());
        table.write(folderOrNull(), "mislabel");
        return Lethe.DONE;
    }

    private void repeat(DataOptions.Data data, long seed, Map<Score, Found> found) {
        boolean[] wrong = new boolean[data.training().size()];
        List<Row> rows = flipped(data, new Random(seed), wrong);
        try (Fitted fitted =
                Fitted.of(data.objective(), rows, methods.chosen(data.objective()), methods.options(seed))) {
            fitted.scores(fitted.removalsOrNull()).forEach((score, values) -> {
                Found one = found.computeIfAbsent(score, s -> new Found());
                one.auc().addValue(Correlations.auc(values, wrong));
                one.at10().addValue(Correlations.recall(values, wrong, 0.1));
                one.at20().addValue(Correlations.recall(values, wrong, 0.2));
            });
        }
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
