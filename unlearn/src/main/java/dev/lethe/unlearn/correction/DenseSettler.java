package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Newton with a kept factor while each pass shrinks the gradient 5 times, fresh curvature when one does not, halved steps
 * when J would rise.
 */
final class DenseSettler implements Settler {

    private static final int MAX_PASSES = 100;
    private static final double KEPT_CONTRACTION = 0.2;
    /** Newton shrinks quadratically: after such a step the curvature has changed little, and may be kept. */
    private static final double FRESH_CONTRACTION = 0.1;

    private static final double STALLED = 0.5;
    private static final double SMALLEST_FRACTION = 0x1p-40;
    private static final String SETTLE_FAILED = "SETTLE_FAILED";

    private final Step first;
    private boolean freshEachStep;
    private boolean evaluatesCurvature;
    private double fraction = 1;
    private int passes;
    /** The current anchor over the rows with which the settling began; null before the first evaluation of a fit. */
    private Anchor known;
    /** Evaluations in a row at one and the same θ. */
    private int unmoved;
    /** ‖∇J‖ after the last step against before it; NaN where θ did not move. */
    private double shrunk;

    private DenseSettler(Step first, Anchor known, boolean freshEachStep) {
        this.first = first;
        this.known = known;
        this.freshEachStep = freshEachStep;
    }

    /** @param startTheta Not modified. */
    static Settler first(Objective objective, double[] startTheta) {
        double[] start = startTheta.clone();
        Gauge.project(objective, start);
        // The curvature of ridge is the same everywhere.
        boolean curved = Loss.of(objective.family()).thirdDerivativeBound() > 0;
        return new DenseSettler(new Step.Evaluate(start, true), null, curved);
    }

    /** @param current Not modified. */
    static Settler from(Anchor current, boolean freshCurvature) {
        boolean fresh = freshCurvature || !current.hasFactor();
        double[] theta = fresh ? current.theta() : current.newtonPoint(current, 1);
        return new DenseSettler(new Step.Evaluate(theta, fresh), current.without(List.of()), false);
    }

    @Override
    public boolean keepsFactor() {
        return true;
    }

    @Override
    public Step begin() {
        return noted(first);
    }

    @Override
    public Decision next(Anchor current, Anchor candidate, Anchor begun) {
        passes++;
        if (candidate.sums().objection().orElse(null) instanceof Verdict.Refit none) {
            return new Decision(false, new Step.GiveUp(none.code(), none.reason()));
        }
        Anchor before = known;
        boolean accept = Progress.acceptable(before, begun);
        known = accept ? begun : before;
        Step step = accept
                ? settled(before, begun).orElseGet(() -> onward(current, candidate, begun))
                : afterRejected(current, before);
        if (step instanceof Step.Evaluate && passes >= MAX_PASSES) {
            step = new Step.GiveUp(
                    SETTLE_FAILED,
                    String.format(
                            Locale.ROOT,
                            "gradient norm %.3g after %d passes, wanted %.3g",
                            begun.gradientNorm(),
                            passes,
                            Settler.tolerance(begun)));
        }
        return new Decision(accept, noted(step));
    }

    private Step noted(Step step) {
        evaluatesCurvature = step instanceof Step.Evaluate evaluate && evaluate.curvature();
        return step;
    }

    /** @param before null in the first evaluation of a fit */
    private Optional<Step> settled(Anchor before, Anchor after) {
        boolean refresh = Progress.isRefresh(before, after);
        shrunk = before != null && !refresh ? after.gradientNorm() / before.gradientNorm() : Double.NaN;
        boolean fullStep = fraction == 1;
        fraction = 1;
        unmoved = refresh ? unmoved + 1 : 0;
        // A step too small to change a digit of θ ends where it began, and so would every one after it.
        boolean stuck = unmoved > 1 || unmoved == 1 && !evaluatesCurvature;
        boolean stalled = stuck || shrunk > STALLED && fullStep;
        boolean within = after.gradientNorm() <= Settler.tolerance(after);
        boolean atRoundingFloor = !within && stalled && after.gradientNorm() <= after.roundingSlack();
        return within || atRoundingFloor ? Optional.of(new Step.Settled(atRoundingFloor)) : Optional.empty();
    }

    /** @param after the candidate, without what came since */
    private Step onward(Anchor current, Anchor candidate, Anchor after) {
        if (candidate.hasFactor()) {
            return newton(after, candidate, freshEachStep && !(shrunk <= FRESH_CONTRACTION));
        }
        if (current == null || !current.hasFactor()) {
            return new Step.Evaluate(candidate.theta(), true);
        }
        if (shrunk > KEPT_CONTRACTION) {
            // Far from the minimum, then: from here on every step takes its own curvature until it contracts.
            freshEachStep = true;
            return new Step.Evaluate(candidate.theta(), true);
        }
        return newton(after, current, false);
    }

    /** @param before the current anchor, without what came since */
    private Step afterRejected(Anchor current, Anchor before) {
        if (current == null) {
            return new Step.GiveUp(
                    "NOT_FINITE",
                    "objective or gradient is not finite at the start; look for features,"
                            + " weights or start parameters that are extremely large");
        }
        if (!current.hasFactor()) {
            return new Step.Evaluate(current.theta(), true);
        }
        fraction /= 2;
        if (fraction < SMALLEST_FRACTION) {
            return new Step.GiveUp(SETTLE_FAILED, "no step along the Newton direction lowers the objective");
        }
        return newton(before, current, evaluatesCurvature);
    }

    private Step newton(Anchor from, Anchor factorOwner, boolean curvature) {
        double[] target = from.newtonPoint(factorOwner, fraction);
        if (!Vectors.finite(target)) {
            return new Step.GiveUp("NOT_FINITE", "the Newton step is not finite; the curvature is nearly singular");
        }
        return new Step.Evaluate(target, curvature);
    }
}
