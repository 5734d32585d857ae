package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Objective;

/** M = diag(H). */
final class JacobiPreconditioner implements Preconditioner {

    private final double[] diagonal;

    /** @param statistics diagonal of Σ w ∇²ℓ, K·d. Not modified. */
    JacobiPreconditioner(Objective objective, double[] statistics) {
        diagonal = statistics.clone();
        for (int i = 0; i < diagonal.length; i++) {
            diagonal[i] += objective.penalised(i % objective.columns()) ? objective.l2() : 0;
            // A direction without any curvature has no gradient either; any number will do.
            diagonal[i] = diagonal[i] > 0 ? diagonal[i] : 1;
        }
    }

    @Override
    public void apply(double[] r, double[] out) {
        for (int i = 0; i < r.length; i++) {
            out[i] = r[i] / diagonal[i];
        }
    }

    @Override
    public void close() {
        // Nothing off the heap.
    }
}
