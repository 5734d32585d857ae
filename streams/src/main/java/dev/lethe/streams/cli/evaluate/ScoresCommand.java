package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.valuation.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    private static final int PER_SIDE = 8;

    @Mixin
    private MethodOptions methods;

    @Option(
            names = "--by",
            paramLabel = "SCORE",
            defaultValue = "el2n",
            description =
                    "Orders the rows (default: ${DEFAULT-VALUE}, which found wrong labels best on MNIST and the digits:"
                            + " AUC 0.991 and 0.998 with 10 %% flipped, loss 0.990 and 0.998, self-influence 0.981 and 0.996."
                            + " `lethe evaluate mislabel` measures it on other data).")
    private String by;

    @Option(
            names = "--scores",
            paramLabel = "SCORE",
            split = ",",
            description = "Only these (default: all the method gives). Without self-influence, leverage and loo-loss no"
                    + " curvature is needed, and scoring costs about as much as a pass for the gradient.")
    private List<String> wanted;

    @Option(
            names = "--value",
            description =
                    "Also what each row is worth to the test rows: by how much the sum of their losses rises without"
                            + " it. With --method direct the row's own curvature is taken out exactly.")
    private boolean value;

    @Option(
            names = "--prototypes",
            paramLabel = "N",
            description =
                    "Also the distance to the nearest of N centres of the row's own class, by k-means on the features,"
                            + " or on what the model's extractor makes of them.")
    private Integer prototypes;

    @Option(
            names = "--tests",
            paramLabel = "N",
            defaultValue = "8",
            description = "Test images on the sheet, with what helps and harms them (default: ${DEFAULT-VALUE}).")
    private int tests;

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
        try (Fitted fitted = methods.fitted(data, seed())) {
            Fitted.Scores scores = fitted.scores(wanted(order));
            double[] key = ScoreNames.require(scores.values(), order);
            List<Integer> ranked = IntStream.range(0, key.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -key[i]))
                    .toList();
            Map<String, double[]> columns = new LinkedHashMap<>();
            scores.values().forEach((score, values) -> columns.put(score.id(), values));
            add(data, fitted, columns);
            int[] suggested = scores.suggestedOrNull();
            table(data, columns, suggested, ranked.subList(0, Math.min(top, ranked.size())))
                    .print(out());
            table(data, columns, suggested, ranked).write(folderOrNull(), "scores");
            if (Images.side(data.testFeatures().get(0).length) > 0 && folderOrNull() != null) {
                sheet(data, fitted, suggested, ranked);
            }
        }
        return Lethe.DONE;
    }

    private Set<Score> wanted(Score order) {
        if (wanted == null) {
            return EnumSet.allOf(Score.class);
        }
        Set<Score> all = EnumSet.of(order);
        wanted.forEach(id -> all.add(ScoreNames.of(id, "--scores")));
        return all;
    }

    /** What is no score of the model's. @param columns Modified. */
    private void add(DataOptions.Data data, Fitted fitted, Map<String, double[]> columns) {
        if (value) {
            Removals removals = fitted.removalsOrNull();
            columns.put(
                    "value",
                    removals == null
                            ? fitted.attribution().onSum(data.test())
                            : fitted.attribution().onSum(data.test(), removals));
        }
        if (prototypes != null) {
            columns.put("prototype", ScoreNames.distances(data, prototypes, seed(), "--prototypes"));
        }
    }

    private static Results table(
            DataOptions.Data data, Map<String, double[]> columns, int[] suggested, List<Integer> rows) {
        List<String> header = new ArrayList<>(List.of("SAMPLE", "LABEL", "SUGGESTED"));
        columns.keySet().forEach(name -> header.add(name.toUpperCase(Locale.ROOT)));
        Results table = new Results(header.toArray(String[]::new));
        for (int i : rows) {
            List<Object> cells = new ArrayList<>(List.of(
                    data.ids().get(i),
                    ScoreNames.label(data, data.training().get(i)),
                    suggested == null ? "-" : data.spec().getClasses().get(suggested[i])));
            columns.values().forEach(values -> cells.add(values[i]));
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
        int count = Math.min(tests, data.test().size());
        if (count > 0) {
            influences(data, fitted, count, sheet);
        }
        sheet.write(folderOrNull().resolve("sheet.html"));
    }

    private static void influences(DataOptions.Data data, Fitted fitted, int tests, Sheet sheet) {
        double[] influences = fitted.attribution().onEach(data.test().subList(0, tests));
        for (int t = 0; t < tests; t++) {
            int test = t;
            List<Integer> order = IntStream.range(0, data.training().size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -influences[i * tests + test]))
                    .toList();
            int side = Math.min(PER_SIDE, order.size());
            sheet.section("Test image " + (t + 1));
            sheet.image(
                    data.testFeatures().get(t),
                    "test: " + ScoreNames.label(data, data.test().get(t)));
            sheet.row("helpful: its loss rises without them, by the number below");
            order.subList(0, side).forEach(i -> image(data, i, influences[i * tests + test], sheet));
            sheet.row("harmful: its loss falls without them");
            for (int k = order.size() - 1; k >= order.size() - side; k--) {
                image(data, order.get(k), influences[order.get(k) * tests + test], sheet);
            }
        }
    }

    private static void image(DataOptions.Data data, int i, double influence, Sheet sheet) {
        sheet.image(data.features().get(i), String.format(Locale.ROOT, "%s, %+.2g", caption(data, i), influence));
    }

    private static String caption(DataOptions.Data data, int i) {
        return data.ids().get(i) + ": " + ScoreNames.label(data, data.training().get(i));
    }
}
