package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;

/** The step from an anchor, with what is known of where it ends. */
final class Steps {

    private Steps() {}

    /** θ₀ − P·G with its certificate and verdict. @param anchor with a factor. Not modified. */
    static Correction correct(Anchor anchor) {
        Objective objective = anchor.objective();
        RunningSums sums = anchor.sums();
        HeldFactor held = anchor.held();
        Factor factor = held.require();
        double[] target = anchor.newtonPoint(anchor, 1);
        double[] v = Vectors.minus(target, sums.theta());
        if (!Vectors.finite(v)) {
            Verdict damaged = new Verdict.Refit(
                    "NOT_FINITE", "the step from the anchor is not finite; the anchor or its factor is damaged");
            return new Correction(target, Double.NaN, Double.NaN, damaged);
        }
        double bend = -Vectors.dot(v, sums.gradient()) - objective.l2() * sums.penaltyForm(v);
        // Ridge: vᵀKv is vᵀ(H − Λr)v itself, and no K is kept.
        double gramForm = objective.family() == Family.RIDGE ? Math.max(0, bend) : factor.gramForm(v);
        double shift = sums.rootMeanSquare(gramForm);
        double bound = ResidualBound.of(objective, sums.maxNorm(), v, gramForm, held.staleForm(sums.theta()), bend)
                + sums.stepSlack(v, held.smallestCurvature(), held.updates());
        Verdict verdict = sums.objection().orElseGet(() -> held.guard().verdict(shift));
        return new Correction(target, bound, shift, verdict);
    }
}
