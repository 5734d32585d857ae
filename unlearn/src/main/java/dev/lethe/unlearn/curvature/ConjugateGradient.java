package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;

/**
 * Solves H u = g by preconditioned conjugate gradients, product by product: it asks for H·p of a {@link #direction} and is
 * told the answer, at any distance in time (Hestenes and Stiefel 1952; Nocedal and Wright, Numerical Optimization,
 * algorithm 5.3). Where the objective has a flat direction everything is projected off it. Not thread-safe.
 *
 * <p>Every {@link #solution} on the way is a sum of directions with positive curvature: −u is a descent direction for a
 * gradient g even if the solve ended early.
 */
public final class ConjugateGradient {

    /** How a solve stands. */
    public enum State {
        /** The next product is wanted. */
        RUNNING,
        /** ‖g − Hu‖ ≤ tolerance, by the recursion. */
        CONVERGED,
        /** The steps are used up. */
        LIMIT,
        /** A direction without positive curvature, or numbers that are not finite: no step was made along it. */
        BROKEN
    }

    private final Objective objective;
    private final Preconditioner preconditioner;
    private final double tolerance;
    private final int maxSteps;
    private final double[] solution;
    private final double[] residual;
    private final double[] preconditioned;
    private final double[] direction;
    private double inner;
    private int steps;
    private State state;

    /**
     * @param g K·d. Not modified.
     * @param preconditioner borrowed until the solve has ended
     * @param tolerance on ‖g − Hu‖, absolute
     */
    public ConjugateGradient(
            Objective objective, double[] g, Preconditioner preconditioner, double tolerance, int maxSteps) {
        this.objective = objective;
        this.preconditioner = preconditioner;
        this.tolerance = tolerance;
        this.maxSteps = maxSteps;
        this.solution = new double[g.length];
        this.residual = g.clone();
        this.preconditioned = new double[g.length];
        this.direction = new double[g.length];
        Gauge.project(objective, residual);
        this.state = State.RUNNING;
        advance(0);
    }

    public State state() {
        return state;
    }

    /** p, whose product is wanted, K·d, a copy. */
    public double[] direction() {
        return direction.clone();
    }

    /** u so far, K·d, a copy. */
    public double[] solution() {
        return solution.clone();
    }

    /** Products used. */
    public int steps() {
        return steps;
    }

    /** ‖g − Hu‖ by the recursion. */
    public double residualNorm() {
        return Vectors.norm(residual);
    }

    /**
     * Takes the answer in.
     *
     * @param data Σ w ∇²ℓ·p over all rows, without the penalty, K·d. Not modified.
     */
    public State product(double[] data) {
        double[] bent = withPenalty(objective, direction, data);
        double curvature = Vectors.dot(direction, bent);
        steps++;
        if (!(curvature > 0) || !Double.isFinite(inner / curvature)) {
            state = State.BROKEN;
            return state;
        }
        double length = inner / curvature;
        for (int i = 0; i < solution.length; i++) {
            solution[i] += length * direction[i];
            residual[i] -= length * bent[i];
        }
        advance(inner);
        return state;
    }

    /** H·p from the data part of it. @param v K·d. Not modified. @param data K·d. Not modified. */
    static double[] withPenalty(Objective objective, double[] v, double[] data) {
        double[] out = data.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += objective.penalised(i % objective.columns()) ? objective.l2() * v[i] : 0;
        }
        Gauge.project(objective, out);
        return out;
    }

    /** @param before rᵀM⁻¹r of the residual before, 0 if there was none */
    private void advance(double before) {
        double norm = Vectors.norm(residual);
        if (norm <= tolerance) {
            state = State.CONVERGED;
            return;
        }
        preconditioner.apply(residual, preconditioned);
        Gauge.project(objective, preconditioned);
        inner = Vectors.dot(residual, preconditioned);
        if (!(inner > 0) || !Double.isFinite(inner)) {
            state = State.BROKEN;
        } else if (steps >= maxSteps) {
            state = State.LIMIT;
        } else {
            double keep = before == 0 ? 0 : inner / before;
            for (int i = 0; i < direction.length; i++) {
                direction[i] = preconditioned[i] + keep * direction[i];
            }
        }
    }
}
