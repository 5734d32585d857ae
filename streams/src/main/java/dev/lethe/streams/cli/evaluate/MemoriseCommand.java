package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Memorisation;
import dev.lethe.unlearn.valuation.Subsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How much of each row the model knows only because it saw it. */
@Command(
        name = "memorise",
        description =
                "Memorisation of each row: how much likelier it is predicted right by models that saw it than by"
                        + " models that did not (Feldman and Zhang 2020), from models on random subsets, with standard errors. Exit code 3: too few models to say it of every row.",
        footer = {
            "",
            "Example:",
            "  lethe evaluate memorise --model digits.yaml --samples digits.csv.gz --models 100 --state memorised.json"
        })
final class MemoriseCommand extends Evaluation {

    @Option(
            names = "--models",
            paramLabel = "N",
            defaultValue = "50",
            description = "Models in all, those of --state included (default: ${DEFAULT-VALUE}).")
    private int models;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.7",
            description = "Part of the rows in each subset (default: ${DEFAULT-VALUE}).")
    private double fraction;

    @Option(
            names = "--state",
            paramLabel = "FILE",
            description = "Counts so far: written after every model, and gone on from if it is there.")
    private Path state;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Rows printed (default: ${DEFAULT-VALUE}).")
    private int top;

    @Override
    public Integer call() {
        DataOptions.Data data = data();
        if (data.objective().family() == Family.RIDGE) {
            throw new LetheException("memorise: a ridge model predicts nothing right or wrong");
        }
        if (models < 2 || !(fraction > 0 && fraction < 1)) {
            throw new LetheException("memorise: expected --models of at least 2 and --fraction between 0 and 1, got "
                    + models + " and " + fraction);
        }
        MemoriseState kept = new MemoriseState(state, data.ids(), fraction, seed());
        Memorisation memorisation = kept.read();
        train(data, memorisation, kept);
        return report(data, memorisation);
    }

    private void train(DataOptions.Data data, Memorisation memorisation, MemoriseState kept) {
        Subsets subsets = new Subsets(data.training().size(), fraction, seed());
        try (Progress progress = Progress.start("models", models)) {
            for (int m = 0; m < models; m++) {
                if (m >= memorisation.models()) {
                    boolean[] members = subsets.members(m);
                    memorisation.add(members, right(data, Subsets.of(data.training(), members)));
                    kept.write(memorisation);
                }
                progress.step();
            }
        }
    }

    private static boolean[] right(DataOptions.Data data, List<Row> subset) {
        Objective objective = data.objective();
        boolean[] right = new boolean[data.training().size()];
        try (Anchor anchor = InMemoryFit.fit(objective, subset, null)) {
            double[] theta = anchor.theta();
            for (int i = 0; i < right.length; i++) {
                Row row = data.training().get(i);
                right[i] = Predictor.classIndex(objective, theta, row.x()) == Sums.classOf(objective, row);
            }
        }
        return right;
    }

    /** Returns the exit code. */
    private int report(DataOptions.Data data, Memorisation memorisation) {
        double[] scores = memorisation.scores();
        double[] errors = memorisation.errors();
        List<Integer> ranked = IntStream.range(0, scores.length)
                .filter(i -> !Double.isNaN(scores[i]))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .toList();
        table(data, scores, errors, ranked.subList(0, Math.min(top, ranked.size())))
                .print(out());
        table(data, scores, errors, ranked).write(folderOrNull(), "memorise");
        Charts.errorBars(
                folderOrNull(),
                "memorisation",
                "Memorisation after " + memorisation.models() + " models",
                ranked.subList(0, Math.min(100, ranked.size())).stream()
                        .mapToInt(Integer::intValue)
                        .toArray(),
                scores,
                errors);
        if (ranked.size() == scores.length) {
            return Lethe.DONE;
        }
        err().println((scores.length - ranked.size()) + " rows were in all subsets or in none and are left out: ask for"
                + " more --models than " + memorisation.models());
        return Lethe.TO_DO;
    }

    private static Results table(DataOptions.Data data, double[] scores, double[] errors, List<Integer> rows) {
        Results table = new Results("SAMPLE", "LABEL", "MEMORISATION", "STANDARD ERROR");
        for (int i : rows) {
            table.add(data.ids().get(i), ScoreNames.label(data, data.training().get(i)), scores[i], errors[i]);
        }
        return table;
    }
}
