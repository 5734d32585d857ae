package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;

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

    /**
     * The largest ‖g − Hv‖/‖g‖ of any column: how far a solver came; 0 for a column without a gradient.
     *
     * @param gradients G, K·d × count. Not modified.
     * @param solved V, K·d × count. Not modified.
     */
    default double residual(double[] gradients, double[] solved, int count) {
        double[] left = gradients.clone();
        CurvatureOperator.projectColumns(objective(), left);
        double[] image = multiply(solved, count);
        int length = objective().parameters();
        double largest = 0;
        for (int from = 0; from < left.length; from += length) {
            double[] g = Arrays.copyOfRange(left, from, from + length);
            double norm = Vectors.norm(g);
            Columns.add(g, -1, Arrays.copyOfRange(image, from, from + length));
            largest = norm > 0 ? Math.max(largest, Vectors.norm(g) / norm) : largest;
        }
        return largest;
    }
}
