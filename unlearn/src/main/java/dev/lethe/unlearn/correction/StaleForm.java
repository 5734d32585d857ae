package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;
import java.util.List;

/**
 * tr(δᵀKδ) with δ = θ₀ − θ_P: how far the factor was built from the anchor. While both stay where they are, a row changes
 * it by ±w‖δx‖², O(K·d) instead of a product with K; its rounding is that of K itself, which the same rows change.
 */
final class StaleForm {

    private final Objective objective;
    private double[] delta;
    private double form = Double.NaN;

    StaleForm(Objective objective) {
        this.objective = objective;
    }

    /** θ_P has moved, or K is another one; or it is time to sum it anew. */
    void forget() {
        form = Double.NaN;
    }

    /** Rows that K has taken in or given. Not modified. */
    void fold(List<Row> additions, List<Row> removals) {
        if (!Double.isNaN(form)) {
            additions.forEach(row -> form += share(row));
            removals.forEach(row -> form -= share(row));
        }
    }

    private double share(Row row) {
        double sum = 0;
        for (double value : Predictor.logits(objective, delta, row.x())) {
            sum += value * value;
        }
        return row.weight() * sum;
    }

    /**
     * @param theta θ₀, always the same. Not modified.
     * @param thetaFactor θ_P. Not modified.
     * @param factor with K. Not modified.
     * @return 0 for ridge, whose curvature is the same everywhere
     */
    double of(double[] theta, double[] thetaFactor, Factor factor) {
        if (objective.family() == Family.RIDGE || Arrays.equals(theta, thetaFactor)) {
            return 0;
        }
        if (Double.isNaN(form)) {
            delta = Vectors.minus(theta, thetaFactor);
            form = factor.gramForm(delta);
        }
        // Below 0 it is rounding.
        return Math.max(0, form);
    }
}
