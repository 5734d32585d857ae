package dev.lethe.unlearn.correction;

import java.util.Arrays;

/** Whether an evaluation brought a settle forward. */
final class Progress {

    private static final double OBJECTIVE_ROUNDING = 1e-12;

    private Progress() {}

    /** Whether J did not rise. @param current null in the first evaluation of a fit */
    static boolean acceptable(Anchor current, Anchor candidate) {
        double value = candidate.objectiveValue();
        if (!Double.isFinite(value) || !Double.isFinite(candidate.gradientNorm())) {
            return false;
        }
        if (current == null || isRefresh(current, candidate)) {
            return true;
        }
        // Where the gradient is only rounding, so is the difference of two objectives.
        double scale = Math.abs(value) + Math.abs(current.objectiveValue());
        return candidate.gradientNorm() <= Math.max(Settler.tolerance(candidate), candidate.roundingSlack())
                || value <= current.objectiveValue() + OBJECTIVE_ROUNDING * scale;
    }

    /** Same θ, new factor: nothing moved, so nothing can be said about progress. */
    static boolean isRefresh(Anchor current, Anchor candidate) {
        return current != null && Arrays.equals(current.theta(), candidate.theta());
    }
}
