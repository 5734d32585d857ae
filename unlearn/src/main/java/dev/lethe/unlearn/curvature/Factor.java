package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Row;
import java.util.List;

/**
 * The cached inverse curvature P = H_{D′}(θ_P)⁻¹ over today's rows D′, with K = Σ w xxᵀ beside it where certificates need
 * it. Both are kept in step with the rows by exact up- and down-dates. Not thread-safe.
 */
public interface Factor extends AutoCloseable {

    /**
     * out ← P·g. Where the objective has a flat direction, g and the result are projected off it.
     *
     * @param g K·d. Not modified.
     * @param out K·d. Modified.
     */
    void multiply(double[] g, double[] out);

    /**
     * Takes rows in and out, additions first: P stays the inverse of a positive definite matrix all the way. A block of
     * removals that fails leaves P as it was before that block; the factor is then of no more use.
     *
     * @param additions Not modified.
     * @param removals Not modified.
     * @param theta θ_P, where the factor was built: curvature weights are taken there. Not modified.
     */
    FactorUpdate update(List<Row> additions, List<Row> removals, double[] theta);

    /**
     * How much of the curvature these rows together make up in the direction where that is most: the largest eigenvalue
     * of their curvature relative to H, in [0, 1] for rows that H has. For many rows a sum that is not below it. Changes
     * nothing.
     *
     * @param rows Not modified.
     * @param theta θ_P. Not modified.
     */
    double leverage(List<Row> rows, double[] theta);

    /**
     * tr(vᵀKv) = Σ w‖Vx‖².
     *
     * @param v K·d. Not modified.
     * @return NaN if this factor keeps no K
     */
    double gramForm(double[] v);

    /**
     * How far from singular the curvature was, in (0, 1], whatever the units of the columns: the smallest part of a
     * column's curvature that the columns before it do not explain (1: orthogonal columns), or the smallest 1 − leverage
     * of a removal since.
     */
    double quality();

    /**
     * ‖PH − I‖ relative to ‖I‖ (Frobenius, columns in units of their own curvature), estimated with one random vector;
     * O(d²). A new factor's is its conditioning times the rounding unit; updates make it grow.
     */
    double drift();

    /** λ_min(H), estimated from above by power iteration on P. */
    double smallestCurvature();

    @Override
    void close();
}
