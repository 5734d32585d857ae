package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.valuation.RowScores;
import dev.lethe.unlearn.valuation.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Every score of every row, and the sheet of pictures. */
@Command(
        name = "scores",
        description =
                "Scores the training rows. With --out, all scores as CSV, and for square images an HTML sheet: the"
                        + " most suspicious rows, and for some test images the training images that help and harm them most.",
        footer = {
            "",
            "Example:",
            "  lethe evaluate scores --model digits.yaml --samples digits.csv.gz --top 20 --out out"
        })
final class ScoresCommand extends Evaluation {

    private static final int SHEET_TESTS = 8;
    private static final int PER_SIDE = 8;

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--by",
            paramLabel = "SCORE",
            defaultValue = "loss",
            description = "Orders the rows (default: ${DEFAULT-VALUE}, which finds wrong labels best on linear models:"
                    + " see `lethe evaluate mislabel`).")
    private String by;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Rows printed (default: ${DEFAULT-VALUE}).")
    private int top;

    @Override
    public Integer call() {
        Score order = ScoreNames.of(by, "--by");
        DataOptions.Data data = data();
        try (Fitted fitted = Fitted.of(
                data.objective(), data.training(), methods.chosen(data.objective()), methods.options(seed()))) {
            Removals removals = fitted.removalsOrNull();
            Map<Score, double[]> scores = fitted.scores(removals);
            double[] key = ScoreNames.require(scores, order);
            int[] suggested = data.objective().family() == Family.RIDGE
                    ? null
                    : new RowScores(fitted.rows(), removals).suggestedClasses();
            List<Integer> ranked = IntStream.range(0, key.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -key[i]))
                    .toList();
            table(data, scores, suggested, ranked.subList(0, Math.min(top, ranked.size())))
                    .print(out());
            table(data, scores, suggested, ranked).write(folderOrNull(), "scores");
            if (Images.side(data.objective().features()) > 0 && folderOrNull() != null) {
                sheet(data, fitted, suggested, ranked);
            }
        }
        return Lethe.DONE;
    }

    private static Results table(
            DataOptions.Data data, Map<Score, double[]> scores, int[] suggested, List<Integer> rows) {
        List<String> header = new ArrayList<>(List.of("SAMPLE", "LABEL", "SUGGESTED"));
        scores.keySet().forEach(score -> header.add(score.id().toUpperCase(Locale.ROOT)));
        Results table = new Results(header.toArray(String[]::new));
        for (int i : rows) {
            List<Object> cells = new ArrayList<>(List.of(
                    data.ids().get(i),
                    ScoreNames.label(data, data.training().get(i)),
                    suggested == null ? "-" : data.spec().getClasses().get(suggested[i])));
            scores.values().forEach(values -> cells.add(values[i]));
            table.add(cells.toArray());
        }
        return table;
    }

    private void sheet(DataOptions.Data data, Fitted fitted, int[] suggested, List<Integer> ranked) {
        Sheet sheet = new Sheet(data.spec().getModelId());
        sheet.section("Most suspicious by " + by + " (label, suggested label)");
        for (int i : ranked.subList(0, Math.min(40, ranked.size()))) {
            String to =
                    suggested == null ? "" : " → " + data.spec().getClasses().get(suggested[i]);
            sheet.image(
                    data.features().get(i),
                    data.ids().get(i) + ": "
                            + ScoreNames.label(data, data.training().get(i)) + to);
        }
        int tests = Math.min(SHEET_TESTS, data.test().size());
        double[] influences = fitted.attribution().onEach(data.test().subList(0, tests));
        for (int t = 0; t < tests; t++) {
            int test = t;
            List<Integer> order = IntStream.range(0, ranked.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -influences[i * tests + test]))
                    .toList();
            int side = Math.min(PER_SIDE, order.size());
            sheet.section("Test image " + (t + 1));
            sheet.image(
                    data.testFeatures().get(t),
                    "test: " + ScoreNames.label(data, data.test().get(t)));
            sheet.row("helpful: its loss rises without them");
            order.subList(0, side).forEach(i -> sheet.image(data.features().get(i), caption(data, i)));
            sheet.row("harmful: its loss falls without them");
            for (int k = order.size() - 1; k >= order.size() - side; k--) {
                sheet.image(data.features().get(order.get(k)), caption(data, order.get(k)));
            }
        }
        sheet.write(folderOrNull().resolve("sheet.html"));
    }

    private static String caption(DataOptions.Data data, int i) {
        return data.ids().get(i) + ": " + ScoreNames.label(data, data.training().get(i));
    }
}
