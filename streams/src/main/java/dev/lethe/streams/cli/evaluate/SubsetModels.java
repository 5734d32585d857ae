package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Memorisation;
import dev.lethe.unlearn.valuation.Subsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * Models on random subsets of rows, and what they say of each row; taken up where an earlier run ended.
 *
 * @param models in all, those of the earlier run included
 * @param fraction of the rows in each subset
 * @param stateOrNull file of the counts
 */
public record SubsetModels(int models, double fraction, long seed, Path stateOrNull) {

    /** Trains a model and has it predict. */
    public interface Trained {
        /** Which rows are predicted right. @param on rows trained on @param rows that are predicted */
        boolean[] right(List<Row> on, List<Row> rows);
    }

    public SubsetModels {
        if (models < 2 || !(fraction > 0 && fraction < 1)) {
            throw new LetheException(
                    "memorisation: expected --models of at least 2 and --fraction between 0 and 1, got " + models
                            + " and " + fraction);
        }
    }

    /** Fits of a linear model with classes, from zero. */
    public static Trained linear(Objective objective) {
        return (on, rows) -> {
            boolean[] right = new boolean[rows.size()];
            try (Anchor anchor = InMemoryFit.fit(objective, on, null)) {
                double[] theta = anchor.theta();
                for (int i = 0; i < right.length; i++) {
                    Row row = rows.get(i);
                    right[i] = Predictor.classIndex(objective, theta, row.x()) == Sums.classOf(objective, row);
                }
            }
            return right;
        };
    }

    /** Trainings of a network with classes. @param train from seeded parameters */
    public static Trained network(Function<List<Row>, Network> train) {
        return (on, rows) -> {
            boolean[] right = new boolean[rows.size()];
            double[] logits = train.apply(on).logits(rows);
            int outputs = logits.length / right.length;
            for (int i = 0; i < right.length; i++) {
                right[i] =
                        best(logits, i * outputs, outputs) == (int) rows.get(i).y()[0];
            }
            return right;
        };
    }

    private static int best(double[] logits, int from, int count) {
        int best = 0;
        for (int k = 1; k < count; k++) {
            best = logits[from + k] > logits[from + best] ? k : best;
        }
        return best;
    }

    /**
     * Counts of all models.
     *
     * @param ids of the rows; the counts of an earlier run are of the same ones
     * @throws LetheException if they are not
     */
    public Memorisation memorisation(List<String> ids, List<Row> rows, Trained trained) {
        MemoriseState kept = new MemoriseState(stateOrNull, ids, fraction, seed);
        Memorisation memorisation = kept.read();
        Subsets subsets = new Subsets(rows.size(), fraction, seed);
        try (Progress progress = Progress.start("models", models)) {
            for (int m = 0; m < models; m++) {
                if (m >= memorisation.models()) {
                    boolean[] members = subsets.members(m);
                    memorisation.add(members, trained.right(Subsets.of(rows, members), rows));
                    kept.write(memorisation);
                }
                progress.step();
            }
        }
        return memorisation;
    }
}
