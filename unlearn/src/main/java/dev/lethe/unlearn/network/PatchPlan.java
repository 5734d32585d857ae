package dev.lethe.unlearn.network;

/**
 * How a patch is computed.
 *
 * @param damping λ of the proximal term, relative to the mean over the training rows
 * @param outerSteps Gauss–Newton steps at most
 * @param innerSteps products with the curvature per step at most
 * @param innerTolerance of a step's solve, relative
 * @param tolerance on the gradient left at the end, relative to that at the beginning
 */
public record PatchPlan(double damping, int outerSteps, int innerSteps, double innerTolerance, double tolerance) {

    /** λ = 0.01; two steps with a solve of up to 12 products each. */
    public static final PatchPlan DEFAULT = new PatchPlan(1e-2, 2, 12, 0.05, 0.02);

    public PatchPlan {
        if (!(damping > 0) || Double.isInfinite(damping) || outerSteps < 1 || innerSteps < 1) {
            throw new IllegalArgumentException("patch plan: expected damping above 0 and at least one step, got "
                    + damping + ", " + outerSteps + " and " + innerSteps);
        }
    }
}
