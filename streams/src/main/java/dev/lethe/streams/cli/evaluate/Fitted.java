package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethod;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.RowScorer;
import dev.lethe.unlearn.valuation.RowScorer.Scored;
import dev.lethe.unlearn.valuation.Score;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A model fitted to its rows, with what attribution needs, made when it is asked for. */
final class Fitted implements AutoCloseable {

    private final Objective objective;
    private final List<Row> training;
    private final InfluenceMethods kind;
    private final InfluenceMethods.Options options;
    private final double[] theta;
    private EvaluatedRows rows;
    private InfluenceMethod method;

    private Fitted(Objective objective, List<Row> training, InfluenceMethods kind, InfluenceMethods.Options options) {
        this.objective = objective;
        this.training = training;
        this.kind = kind;
        this.options = options;
        this.theta = theta(objective, training);
    }

    /** @param rows kept. Not modified. */
    static Fitted of(Objective objective, List<Row> rows, InfluenceMethods method, InfluenceMethods.Options options) {
        return new Fitted(objective, rows, method, options);
    }

    /** θ of a fit from zero, K·d. @param rows Not modified. */
    static double[] theta(Objective objective, List<Row> rows) {
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            return anchor.theta().clone();
        }
    }

    /** Direct where the curvature fits in memory, else Nyström. */
    static InfluenceMethods best(Objective objective) {
        return DenseFactor.fits(objective) ? InfluenceMethods.DIRECT : InfluenceMethods.NYSTROEM;
    }

    /** θ, a copy. */
    double[] theta() {
        return theta.clone();
    }

    EvaluatedRows rows() {
        if (rows == null) {
            rows = EvaluatedRows.of(objective, theta, training);
        }
        return rows;
    }

    /** @throws LetheException if this model has none of the kind */
    InfluenceMethod method() {
        if (method == null) {
            try {
                method = kind.over(rows(), options);
            } catch (SingularCurvatureException | IllegalArgumentException e) {
                throw new LetheException("method " + kind.id() + ": " + e.getMessage(), e);
            }
        }
        return method;
    }

    Attribution attribution() {
        return new Attribution(rows(), method());
    }

    /** Down-dated removals; null unless the method is the direct one. */
    Removals removalsOrNull() {
        return method() instanceof DirectInverse direct ? Removals.of(rows(), direct) : null;
    }

    /**
     * Scores of the training rows, in their order.
     *
     * @param suggestedOrNull class indices; null for ridge
     */
    record Scores(Map<Score, double[]> values, int[] suggestedOrNull) {}

    /**
     * Those of the wanted scores that the method can give, made block by block. Without one that needs curvature the method is
     * not made.
     */
    Scores scores(Collection<Score> wanted) {
        boolean curvature = wanted.stream().anyMatch(Score::needsCurvature);
        DirectInverse inverse = curvature && method() instanceof DirectInverse direct ? direct : null;
        List<Scored> scored;
        try (RowScorer scorer = RowScorer.borrowing(objective, theta, inverse)) {
            scored = scorer.scoreAll(training);
        }
        Map<Score, double[]> values = new EnumMap<>(Score.class);
        for (Score score : wanted) {
            if (!score.needsCurvature() || inverse != null) {
                values.put(score, scored.stream().mapToDouble(s -> s.of(score)).toArray());
            } else if (score == Score.SELF_INFLUENCE) {
                values.put(score, attribution().selfInfluences());
            }
        }
        boolean classes = scored.get(0).suggested() >= 0;
        return new Scores(
                values, classes ? scored.stream().mapToInt(Scored::suggested).toArray() : null);
    }

    @Override
    public void close() {
        if (method != null) {
            method.close();
        }
        if (rows != null) {
            rows.close();
        }
    }
}
