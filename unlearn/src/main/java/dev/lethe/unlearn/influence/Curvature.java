package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Objective;

/**
 * H = Σ w ∇²ℓ + Λr at one θ, known by its products only; where the rows lie is its own affair. Not thread-safe.
 */
public interface Curvature {

    Objective objective();

    /**
     * Σ w ∇²ℓ·V, without the penalty.
     *
     * @param v K·d × count, column-major. Not modified.
     * @param count columns
     * @return K·d × count, new
     */
    double[] data(double[] v, int count);

    /** H·V, off the flat direction where there is one. @param v K·d × count. Not modified. */
    default double[] multiply(double[] v, int count) {
        Objective objective = objective();
        double[] out = data(v, count);
        for (int i = 0; i < out.length; i++) {
            out[i] += objective.penalised(i % objective.columns()) ? objective.l2() * v[i] : 0;
        }
        CurvatureOperator.projectColumns(objective, out);
        return out;
    }
}
