package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.valuation.Memorisation;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private SubsetOptions subsets;

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
        Memorisation memorisation =
                subsets.models(seed()).memorisation(data.ids(), data.training(), SubsetModels.linear(data.objective()));
        return report(data, memorisation);
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
