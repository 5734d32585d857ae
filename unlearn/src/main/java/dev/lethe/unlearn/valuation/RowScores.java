package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Scores of rows, each computed when asked for, in the order of the rows. Borrows what it is given. */
public final class RowScores {

    private final EvaluatedRows rows;
    private final Removals removals;
    private final Objective objective;
    private final Loss loss;

    /** @param removalsOrNull of the same rows; without them there are only the scores that need no curvature */
    public RowScores(EvaluatedRows rows, Removals removalsOrNull) {
        this.rows = rows;
        this.removals = removalsOrNull;
        this.objective = rows.objective();
        this.loss = Loss.of(objective.family());
    }

    /**
     * One score of every row; n.
     *
     * @throws IllegalArgumentException if the score needs curvature and there is none
     */
    public double[] of(Score score) {
        if (score.needsCurvature() && removals == null) {
            throw new IllegalArgumentException(
                    "score " + score.id() + " needs the inverse curvature, and this model has"
                            + " none in memory: ask for loss, el2n, grand or margin");
        }
        return switch (score) {
            case LOSS -> each(i -> loss.value(rows.logits(i), rows.row(i).y()));
            case EL2N -> each(this::el2n);
            case GRAND -> each(i -> Vectors.norm(rows.residual(i)) * rows.row(i).norm());
            case MARGIN -> each(i -> wrongness(rows.row(i), rows.logits(i)));
            case SELF_INFLUENCE -> removals.selfInfluences();
            case LEVERAGE -> removals.leverages();
            case LOO_LOSS -> removals.looLosses();
        };
    }

    private double[] each(IntToDoubleFunction score) {
        return IntStream.range(0, rows.count()).mapToDouble(score).toArray();
    }

    private double el2n(int i) {
        double length = Vectors.norm(rows.residual(i));
        // Two classes: both entries of p − onehot(y) are off by |σ − y|.
        return objective.family() == Family.LOGISTIC ? Math.sqrt(2) * length : length;
    }

    private double wrongness(Row row, double[] logits) {
        return switch (objective.family()) {
            case RIDGE -> Math.sqrt(2 * loss.value(logits, row.y()));
            case LOGISTIC -> -row.y()[0] * logits[0];
            case SOFTMAX -> logits[bestOther(row, logits)] - logits[(int) row.y()[0]];
        };
    }

    /**
     * The class the row would have, by the model that never saw it where there are removals, if not the one it has; n class
     * indices. For ridge there is none.
     *
     * @throws IllegalArgumentException for ridge
     */
    public int[] suggestedClasses() {
        if (objective.family() == Family.RIDGE) {
            throw new IllegalArgumentException("suggested labels: a ridge model has no classes");
        }
        return IntStream.range(0, rows.count()).map(this::suggested).toArray();
    }

    private int suggested(int i) {
        Row row = rows.row(i);
        if (objective.family() == Family.LOGISTIC) {
            return row.y()[0] > 0 ? 0 : 1;
        }
        return bestOther(row, removals == null ? rows.logits(i) : removals.looLogits(i));
    }

    /** The likeliest class but the row's own. */
    static int bestOther(Row row, double[] logits) {
        int own = (int) row.y()[0];
        int best = own == 0 ? 1 : 0;
        for (int k = 0; k < logits.length; k++) {
            if (k != own && logits[k] > logits[best]) {
                best = k;
            }
        }
        return best;
    }
}
