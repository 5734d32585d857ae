package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.objective.Objective;

/** What the methods have that need products with the curvature only, a preconditioner, and an end. Owns the preconditioner. */
final class CurvatureProducts implements AutoCloseable {

    private final Objective objective;
    private final Curvature curvature;
    private final Preconditioner preconditioner;
    private final double tolerance;
    private final int maxSteps;

    /**
     * @param preconditioner owned from now on
     * @param tolerance on the relative residual
     * @param maxSteps products at most
     */
    CurvatureProducts(Curvature curvature, Preconditioner preconditioner, double tolerance, int maxSteps) {
        this.objective = curvature.objective();
        this.curvature = curvature;
        this.preconditioner = preconditioner;
        this.tolerance = tolerance;
        this.maxSteps = maxSteps;
    }

    /** Length of a column, K·d. */
    int length() {
        return objective.parameters();
    }

    double tolerance() {
        return tolerance;
    }

    int maxSteps() {
        return maxSteps;
    }

    /** H·V. @param columns K·d × count. Not modified. */
    double[] bend(double[] columns, int count) {
        return curvature.multiply(columns, count);
    }

    /** Takes the flat direction out of each column. @param columns Modified. */
    void project(double[] columns) {
        CurvatureOperator.projectColumns(objective, columns);
    }

    /** M⁻¹R, column by column, off the flat direction. @param residual Not modified. */
    double[] precondition(double[] residual) {
        double[] out = new double[residual.length];
        double[] r = new double[length()];
        double[] z = new double[length()];
        for (int at = 0; at < residual.length; at += length()) {
            System.arraycopy(residual, at, r, 0, length());
            preconditioner.apply(r, z);
            System.arraycopy(z, 0, out, at, length());
        }
        project(out);
        return out;
    }

    @Override
    public void close() {
        preconditioner.close();
    }
}
