package dev.lethe.unlearn.certificate;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.util.ArrayList;
import java.util.List;

/**
 * How exact a version is, for its receipt. Absent figures are null: a figure that cannot be proven is not stated under
 * the name of one that is.
 *
 * @param residualBound bound on ‖∇J(θ)‖ known without a pass
 * @param residualMeasured ‖∇J(θ)‖ from a pass
 * @param certifiedResidual what ‖∇J(θ)‖ is proven not to exceed, rounding included: the bound, or a little more than the
 *     measured residual
 * @param distanceBound proven bound on ‖θ − θ_retrained‖: residual / Λ, only if J is Λ-strongly convex
 * @param localDistance residual / λ_min(H), where there is no such proof: true near the minimum, and as good as the
 *     estimate of λ_min
 * @param reliedOn what the figures rest on, short phrases
 */
public record Exactness(
        Double residualBound,
        Double residualMeasured,
        Double certifiedResidual,
        Double distanceBound,
        Double localDistance,
        List<String> reliedOn) {

    public Exactness {
        reliedOn = List.copyOf(reliedOn);
    }

    /** Of a correction published without a pass. The anchor is the one it was made from, and is not modified. */
    public static Exactness patched(Anchor anchor, Correction correction) {
        if (anchor.objective().family() == Family.RIDGE) {
            return exactRidge(anchor, correction);
        }
        List<String> reliedOn = new ArrayList<>();
        reliedOn.add("gradient of all retained rows at the anchor");
        reliedOn.add("inverse curvature of exactly the retained rows");
        reliedOn.add("bound on the third derivative of the loss");
        reliedOn.add("largest row norm since the last pass");
        return stepped(anchor, correction, reliedOn);
    }

    /** Of a ridge correction: the minimiser itself, up to rounding. The anchor is not modified. */
    public static Exactness exactRidge(Anchor anchor, Correction correction) {
        List<String> reliedOn = new ArrayList<>();
        reliedOn.add("quadratic loss: one step is the minimiser");
        reliedOn.add("inverse curvature of exactly the retained rows");
        return stepped(anchor, correction, reliedOn);
    }

    private static Exactness stepped(Anchor anchor, Correction correction, List<String> reliedOn) {
        reliedOn.add("rounding slack");
        double bound = correction.residualBound();
        if (Double.isNaN(bound)) {
            return new Exactness(null, null, null, null, null, List.of("no bound is known for this step"));
        }
        return withDistance(anchor, bound, bound, null, reliedOn);
    }

    /**
     * Of a settled version.
     *
     * @param settledAtTheta the anchor a pass made at the published θ, no changes folded in since. Not modified.
     * @param roundingFloor whether settling ended at the rounding floor
     */
    public static Exactness measured(Anchor settledAtTheta, boolean roundingFloor) {
        List<String> reliedOn = new ArrayList<>();
        reliedOn.add("gradient of all retained rows at this version");
        reliedOn.add("rounding slack");
        if (roundingFloor) {
            reliedOn.add("rounding floor of float64 reached");
        }
        double residual = settledAtTheta.gradientNorm();
        return withDistance(settledAtTheta, residual + settledAtTheta.roundingSlack(), null, residual, reliedOn);
    }

    private static Exactness withDistance(
            Anchor anchor, double residual, Double bound, Double measured, List<String> reliedOn) {
        Objective objective = anchor.objective();
        if (objective.stronglyConvex()) {
            reliedOn.add("strong convexity by l2");
            return new Exactness(bound, measured, residual, residual / objective.l2(), null, reliedOn);
        }
        reliedOn.add(
                objective.intercept() == Intercept.FREE
                        ? "free intercept: no proven distance"
                        : "l2 = 0: no proven distance");
        double smallest = anchor.smallestCurvature();
        if (Double.isNaN(smallest)) {
            return new Exactness(bound, measured, residual, null, null, reliedOn);
        }
        reliedOn.add("smallest curvature, estimated");
        return new Exactness(bound, measured, residual, null, residual / smallest, reliedOn);
    }
}
