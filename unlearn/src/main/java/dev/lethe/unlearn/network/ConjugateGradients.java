package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Vectors;

/**
 * The inverse of a curvature known by its products, by preconditioned conjugate gradients (Hestenes and Stiefel 1952). A
 * solve that met a direction without positive curvature, or that did not get down to its tolerance, is refused.
 */
public final class ConjugateGradients implements InverseCurvature {

    private final CurvatureMap curvature;
    private final InverseCurvature preconditioner;
    private final double tolerance;
    private final int maxSteps;

    /**
     * @param curvature borrowed
     * @param preconditioner borrowed; null for none
     * @param tolerance on ‖g − Hu‖/‖g‖
     * @param maxSteps products with H
     */
    public ConjugateGradients(CurvatureMap curvature, InverseCurvature preconditioner, double tolerance, int maxSteps) {
        this.curvature = curvature;
        this.preconditioner = preconditioner;
        this.tolerance = tolerance;
        this.maxSteps = maxSteps;
    }

    /**
     * How far a solve came.
     *
     * @param solution u; −u is a descent direction for a gradient g wherever the solve ended
     * @param curved uᵀHu, by the recursion
     * @param residual ‖g − Hu‖/‖g‖, by the recursion
     * @param steps products used
     */
    public record Solution(double[] solution, double curved, double residual, int steps) {}

    @Override
    public int size() {
        return curvature.size();
    }

    @Override
    public void multiply(double[] g, double[] out) {
        Solution solution = solve(g);
        if (!(solution.residual <= tolerance)) {
            throw new DivergedException("conjugate gradients: after " + solution.steps + " products a residual of "
                    + solution.residual + " is left, wanted " + tolerance
                    + "; allow more steps, or take more damping");
        }
        System.arraycopy(solution.solution, 0, out, 0, out.length);
    }

    /**
     * u ≈ H⁻¹g, also if the steps did not suffice.
     *
     * @param g Not modified.
     * @throws DivergedException if H is not positive definite or numbers are not finite
     */
    public Solution solve(double[] g) {
        double[] solution = new double[g.length];
        double[] residual = g.clone();
        double scale = Vectors.norm(g);
        double[] direction = preconditioned(residual);
        double inner = Vectors.dot(residual, direction);
        int steps = 0;
        double norm = scale;
        while (norm > tolerance * scale && steps < maxSteps) {
            double[] bent = curvature.times(direction);
            double curved = Vectors.dot(direction, bent);
            steps++;
            if (!(curved > 0) || !Double.isFinite(inner / curved)) {
                throw new DivergedException("conjugate gradients: step " + steps + " met a direction with curvature "
                        + curved + ", expected above 0; take more damping");
            }
            advance(solution, inner / curved, direction);
            advance(residual, -inner / curved, bent);
            norm = Vectors.norm(residual);
            double[] next = preconditioned(residual);
            double after = Vectors.dot(residual, next);
            direction = Vectors.plus(next, after / inner, direction);
            inner = after;
        }
        double curved = Vectors.dot(solution, Vectors.minus(g, residual));
        return new Solution(solution, curved, scale == 0 ? 0 : norm / scale, steps);
    }

    private double[] preconditioned(double[] residual) {
        if (preconditioner == null) {
            return residual.clone();
        }
        double[] out = new double[residual.length];
        preconditioner.multiply(residual, out);
        return out;
    }

    private static void advance(double[] into, double length, double[] direction) {
        for (int i = 0; i < into.length; i++) {
            into[i] += length * direction[i];
        }
    }

    @Override
    public void close() {
        // Owns nothing.
    }
}
