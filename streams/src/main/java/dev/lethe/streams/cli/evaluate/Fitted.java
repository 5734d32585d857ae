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
import dev.lethe.unlearn.valuation.RowScores;
import dev.lethe.unlearn.valuation.Score;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A model fitted to its rows, with what attribution needs. */
final class Fitted implements AutoCloseable {

    private final EvaluatedRows rows;
    private final InfluenceMethod method;

    private Fitted(EvaluatedRows rows, InfluenceMethod method) {
        this.rows = rows;
        this.method = method;
    }

    /** @param rows Not modified. */
    static Fitted of(Objective objective, List<Row> rows, InfluenceMethods method, InfluenceMethods.Options options) {
        double[] theta;
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            theta = anchor.theta().clone();
        }
        EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, rows);
        try {
            return new Fitted(evaluated, method.over(evaluated, options));
        } catch (SingularCurvatureException | IllegalArgumentException e) {
            evaluated.close();
            throw new LetheException("method " + method.id() + ": " + e.getMessage(), e);
        }
    }

    /** Direct where the curvature fits in memory, else Nyström. */
    static InfluenceMethods best(Objective objective) {
        return DenseFactor.fits(objective) ? InfluenceMethods.DIRECT : InfluenceMethods.NYSTROEM;
    }

    EvaluatedRows rows() {
        return rows;
    }

    InfluenceMethod method() {
        return method;
    }

    Attribution attribution() {
        return new Attribution(rows, method);
    }

    /** Down-dated removals; null unless the method is the direct one. */
    Removals removalsOrNull() {
        return method instanceof DirectInverse direct ? Removals.of(rows, direct) : null;
    }

    /** Every score this method can give. @param removalsOrNull of these rows */
    Map<Score, double[]> scores(Removals removalsOrNull) {
        RowScores scores = new RowScores(rows, removalsOrNull);
        Map<Score, double[]> all = new EnumMap<>(Score.class);
        for (Score score : Score.values()) {
            if (!score.needsCurvature() || removalsOrNull != null) {
                all.put(score, scores.of(score));
            }
        }
        if (removalsOrNull == null) {
            all.put(Score.SELF_INFLUENCE, attribution().selfInfluences());
        }
        return all;
    }

    @Override
    public void close() {
        method.close();
        rows.close();
    }
}
