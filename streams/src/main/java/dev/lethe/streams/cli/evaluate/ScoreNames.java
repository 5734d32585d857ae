package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Prototypes;
import dev.lethe.unlearn.valuation.Score;
import java.util.Map;

/** Scores and labels as they are typed and printed. */
final class ScoreNames {

    private ScoreNames() {}

    /** @throws LetheException naming the option and the scores there are */
    static Score of(String id, String option) {
        try {
            return Score.of(id);
        } catch (IllegalArgumentException e) {
            throw new LetheException(option + ": " + e.getMessage(), e);
        }
    }

    /** @throws LetheException if the method at hand does not give this score */
    static double[] require(Map<Score, double[]> scores, Score score) {
        double[] values = scores.get(score);
        if (values == null) {
            throw new LetheException(
                    "score " + score.id() + " needs --method direct; with a model too large for that, take "
                            + Score.LOSS.id() + " or " + Score.SELF_INFLUENCE.id());
        }
        return values;
    }

    /** Distances to the nearest of so many centres of the row's class. @param option that asked for them */
    static double[] distances(DataOptions.Data data, int perClass, long seed, String option) {
        if (data.objective().family() == Family.RIDGE) {
            throw new LetheException(option + ": a ridge model has no classes");
        }
        try {
            return Prototypes.distances(data.training(), perClass, seed);
        } catch (IllegalArgumentException e) {
            throw new LetheException(option + ": " + e.getMessage(), e);
        }
    }

    /** The class of a row; "-" for ridge. */
    static String label(DataOptions.Data data, Row row) {
        return data.objective().family() == Family.RIDGE
                ? "-"
                : data.spec().getClasses().get(Sums.classOf(data.objective(), row));
    }
}
