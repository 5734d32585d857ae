package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;

/**
 * All scores of rows at one θ, block by block: what each shard does with its part of the training rows and the same inverse
 * curvature. Not thread-safe.
 */
public final class RowScorer implements Scorer {

    /** Rows that are scored at once. */
    public static final int BLOCK = 256;

    private final Objective objective;
    private final double[] theta;
    private final DirectInverse inverse;
    private final boolean owned;

    /**
     * One row's scores, see {@link Score}.
     *
     * @param selfInfluence NaN without an inverse; so are the next two
     * @param suggested class index; −1 for ridge
     */
    public record Scored(
            double loss,
            double el2n,
            double grand,
            double margin,
            double selfInfluence,
            double leverage,
            double looLoss,
            int suggested) {

        /** One of them. */
        public double of(Score score) {
            return switch (score) {
                case LOSS -> loss;
                case EL2N -> el2n;
                case GRAND -> grand;
                case MARGIN -> margin;
                case SELF_INFLUENCE -> selfInfluence;
                case LEVERAGE -> leverage;
                case LOO_LOSS -> looLoss;
            };
        }
    }

    /**
     * @param theta K·d. Not modified.
     * @param packedInverse P as in {@link DirectInverse#ofPacked}, or null. Not modified.
     * @throws IllegalArgumentException if a length does not fit
     */
    public RowScorer(Objective objective, double[] theta, double[] packedInverse) {
        this(objective, theta, packedInverse == null ? null : DirectInverse.ofPacked(objective, packedInverse), true);
    }

    private RowScorer(Objective objective, double[] theta, DirectInverse inverse, boolean owned) {
        this.objective = objective;
        this.theta = theta.clone();
        this.inverse = inverse;
        this.owned = owned;
    }

    /** With an inverse that is there already. @param inverse borrowed, or null */
    public static RowScorer borrowing(Objective objective, double[] theta, DirectInverse inverse) {
        return new RowScorer(objective, theta, inverse, false);
    }

    /**
     * Scores any number of rows, in their order, a block at a time: what is needed of a block stays in the processor's cache.
     *
     * @param rows Not modified.
     */
    public List<Scored> scoreAll(List<Row> rows) {
        List<Scored> out = new ArrayList<>(rows.size());
        for (int at = 0; at < rows.size(); at += BLOCK) {
            out.addAll(score(rows.subList(at, Math.min(rows.size(), at + BLOCK))));
        }
        return out;
    }

    @Override
    public List<Scored> score(List<Row> rows) {
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, rows)) {
            Removals removals = inverse == null ? null : Removals.of(evaluated, inverse);
            RowScores scores = new RowScores(evaluated, removals);
            double[][] columns = new double[Score.values().length][];
            for (Score score : Score.values()) {
                columns[score.ordinal()] = score.needsCurvature() && removals == null ? null : scores.of(score);
            }
            int[] suggested = objective.family() == Family.RIDGE ? null : scores.suggestedClasses();
            List<Scored> out = new ArrayList<>(rows.size());
            for (int i = 0; i < rows.size(); i++) {
                out.add(scored(columns, suggested, i));
            }
            return out;
        }
    }

    private static Scored scored(double[][] columns, int[] suggested, int i) {
        return new Scored(
                at(columns, Score.LOSS, i),
                at(columns, Score.EL2N, i),
                at(columns, Score.GRAND, i),
                at(columns, Score.MARGIN, i),
                at(columns, Score.SELF_INFLUENCE, i),
                at(columns, Score.LEVERAGE, i),
                at(columns, Score.LOO_LOSS, i),
                suggested == null ? -1 : suggested[i]);
    }

    private static double at(double[][] columns, Score score, int i) {
        double[] column = columns[score.ordinal()];
        return column == null ? Double.NaN : column[i];
    }

    @Override
    public void close() {
        if (inverse != null && owned) {
            inverse.close();
        }
    }
}
