package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;

/** From the curvature of the data to P = H⁻¹, in its own memory; or why there is none. */
final class Inversion {

    /** A pivot below this part of its column is rounding, not data. */
    private static final double MIN_PIVOT = 1e-13;

    private Inversion() {}

    /** Adds the penalty Λr and, if needed, the gauge term. @param matrix Σ w ∇²ℓ. Modified: becomes H. */
    static void regularise(Objective objective, SymmetricMatrix matrix) {
        addPenalty(objective, matrix);
        addGauge(objective, matrix);
    }

    private static void addPenalty(Objective objective, SymmetricMatrix matrix) {
        for (int j = 0; j < matrix.size(); j++) {
            if (objective.penalised(j % objective.columns())) {
                matrix.add(j, j, objective.l2());
            }
        }
    }

    private static void addGauge(Objective objective, SymmetricMatrix matrix) {
        if (!Gauge.needed(objective)) {
            return;
        }
        int columns = objective.columns();
        int outputs = objective.outputs();
        double mean = 0;
        for (int k = 0; k < outputs; k++) {
            mean += matrix.get(k * columns + columns - 1, k * columns + columns - 1) / outputs;
        }
        // Any ρ > 0 will do; of the size of its neighbours it costs no digits.
        double rho = Math.max(mean, objective.l2());
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l <= k; l++) {
                matrix.add(k * columns + columns - 1, l * columns + columns - 1, rho);
            }
        }
    }

    /**
     * Inverts in place.
     *
     * @param matrix H. Modified: becomes P, or is destroyed.
     * @return the smallest relative pivot
     */
    static double invert(Objective objective, SymmetricMatrix matrix) throws SingularCurvatureException {
        double[] before = matrix.diagonal();
        int failed = DenseKernels.potrf(matrix.size(), matrix.pointer());
        if (failed < 0) {
            throw new SingularCurvatureException("The curvature holds numbers that are not finite; look for features or"
                    + " weights that are extremely large, and scale them.");
        }
        double[] pivots = matrix.diagonal();
        double quality = 1;
        for (int j = 0; j < pivots.length; j++) {
            double part = failed > 0 && j >= failed - 1 ? 0 : pivots[j] * pivots[j] / before[j];
            if (!(part > MIN_PIVOT)) {
                throw new SingularCurvatureException(singular(objective, j % objective.columns()));
            }
            quality = Math.min(quality, part);
        }
        DenseKernels.potri(matrix.size(), matrix.pointer());
        return quality;
    }

    /** What to do about a column without a pivot of its own. */
    private static String singular(Objective objective, int column) {
        String what = "The curvature of this " + objective.family() + " model is singular: column " + column + " of "
                + objective.columns();
        if (objective.l2() == 0) {
            return what + " is constant, empty or depends on columns before it in the rows that are left."
                    + " Set l2 > 0 (now 0), penalise the intercept, or drop the column.";
        }
        if (objective.penalised(column)) {
            return what
                    + " depends on columns before it in the rows that are left, whose features or weights are so large"
                    + " that l2 = " + objective.l2() + " is lost in the rounding beside them. Scale the features down,"
                    + " drop the column, or raise l2.";
        }
        return what
                + " is the intercept, which nothing holds in the rows that are left: it is free of l2, and it depends on"
                + " other columns or every row is fitted too well. Penalise the intercept, or drop such columns.";
    }
}
