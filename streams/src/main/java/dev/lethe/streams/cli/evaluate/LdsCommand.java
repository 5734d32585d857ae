package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Datamodelling;
import dev.lethe.unlearn.valuation.Subsets;
import java.util.LinkedHashMap;
import java.util.Map;
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

    @Option(names = "--subsets", paramLabel = "N", defaultValue = "40", description = "Default: ${DEFAULT-VALUE}.")
    private int subsets;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.5",
            description = "Part of the rows in each subset (default: ${DEFAULT-VALUE}).")
    private double fraction;

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        Map<String, Datamodelling> scores = new LinkedHashMap<>();
        InfluenceMethods chosen = methods.chosen(data.objective());
        for (InfluenceMethods method : new InfluenceMethods[] {chosen, InfluenceMethods.GRADIENT_DOT}) {
            try (Fitted fitted = Fitted.of(data.objective(), data.training(), method, methods.options(seed()))) {
                double[] influences = fitted.attribution().onEach(data.test());
                scores.put(
                        method.id(), new Datamodelling(influences, data.test().size()));
            }
        }
        train(data, scores);
        Results table = new Results("METHOD", "SUBSETS", "FRACTION", "LDS");
        scores.forEach((name, score) -> table.add(name, subsets, fraction, score.score()));
        table.print(out());
        table.write(folderOrNull(), "lds");
        return Lethe.DONE;
    }

    private void train(DataOptions.Data data, Map<String, Datamodelling> scores) {
        Subsets drawn = new Subsets(data.training().size(), fraction, seed());
        try (Progress progress = Progress.start("models", subsets)) {
            for (int s = 0; s < subsets; s++) {
                boolean[] members = drawn.members(s);
                try (Anchor anchor = InMemoryFit.fit(data.objective(), Subsets.of(data.training(), members), null)) {
                    double[] losses = losses(data, anchor.theta());
                    scores.values().forEach(score -> score.add(members, losses));
                }
                progress.step();
            }
        }
    }

    private static double[] losses(DataOptions.Data data, double[] theta) {
        Loss loss = Loss.of(data.objective().family());
        return data.test().stream()
                .mapToDouble((Row row) -> loss.value(Predictor.logits(data.objective(), theta, row.x()), row.y()))
                .toArray();
    }
}
