package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;
import java.util.Locale;

/**
 * Decides, pass by pass, how to bring ‖∇J(θ)‖ below tolerance: Newton with a kept factor while each pass shrinks the
 * gradient 5 times, fresh curvature when one does not, halved steps when J would rise. It holds no data and does no I/O;
 * the caller runs the passes, at any distance in time, and may fold changes in between.
 *
 * <p>What the caller does, from {@link #begin()} on:
 * <ol>
 *   <li>{@link Step.Evaluate}: run a pass at {@code theta} and make the candidate, {@code Anchor.at(…, sums)}. With
 *       {@code curvature}: build a factor from the sums and install it in the candidate; if it is singular, end with
 *       {@link #singular}.
 *   <li>Fold the changes that came after the cut into the candidate's G (and factor); the current anchor, which owns the
 *       factor in use, has them too.
 *   <li>{@code decision = next(current, candidate)}, then {@code current = decision.survivor(current, candidate)}, which
 *       moves the factor along and closes the other one. Go on with {@code decision.step()}.
 *   <li>{@link Step.Settled}, {@link Step.GiveUp}: done; {@code current} is the best anchor there is.
 * </ol>
 */
public final class Settler {

    private static final int MAX_PASSES = 100;
    private static final double KEPT_CONTRACTION = 0.2;
    /** Newton shrinks quadratically: after such a step the curvature has changed little, and may be kept. */
    private static final double FRESH_CONTRACTION = 0.1;

    private static final double STALLED = 0.5;
    private static final double SMALLEST_FRACTION = 0x1p-40;
    private static final double RELATIVE_TOLERANCE = 1e-10;
    private static final double RIDGE_TOLERANCE = 1e-12;
    /** Σ w times this is below the curvature of a free intercept unless one class has a thousand times the other's rows. */
    private static final double INTERCEPT_CURVATURE = 1e-3;

    private static final double OBJECTIVE_ROUNDING = 1e-12;
    private static final String SETTLE_FAILED = "SETTLE_FAILED";

    private final Step first;
    private boolean freshEachStep;
    private boolean evaluatesCurvature;
    private double fraction = 1;
    private int passes;
    /** Evaluations in a row at one and the same θ. */
    private int unmoved;

    /** What to do next. */
    public sealed interface Step {

        /**
         * Run a pass.
         *
         * @param theta where, K·d
         * @param curvature whether it is to sum the curvature and K too, and a factor is to be built from them
         */
        record Evaluate(double[] theta, boolean curvature) implements Step {}

        /**
         * ‖∇J‖ is below tolerance.
         *
         * @param atRoundingFloor it is above it, but as low as float64 gets
         */
        record Settled(boolean atRoundingFloor) implements Step {}

        /**
         * It does not settle.
         *
         * @param code SETTLE_FAILED, SINGULAR_CURVATURE, NO_MINIMUM or NOT_FINITE
         * @param reason for people
         */
        record GiveUp(String code, String reason) implements Step {}
    }

    /**
     * The answer to an evaluation.
     *
     * @param accept whether the candidate becomes the current anchor
     */
    public record Decision(boolean accept, Step step) {

        /**
         * The anchor to go on with; the other one is closed. An accepted candidate without a factor takes the current
         * one's.
         *
         * @param current null in the first evaluation of a fit
         */
        public Anchor survivor(Anchor current, Anchor candidate) {
            if (!accept) {
                candidate.close();
                return current;
            }
            if (current != null && current != candidate) {
                if (!candidate.hasFactor() && current.hasFactor()) {
                    candidate.takeFactor(current);
                }
                current.close();
            }
            return candidate;
        }
    }

    private Settler(Step first, boolean freshEachStep) {
        this.first = first;
        this.freshEachStep = freshEachStep;
    }

    /**
     * A fit.
     *
     * @param startTheta zeros, or imported parameters, K·d. Not modified.
     */
    public static Settler first(Objective objective, double[] startTheta) {
        double[] start = startTheta.clone();
        Gauge.project(objective, start);
        // The curvature of ridge is the same everywhere.
        boolean curved = Loss.of(objective.family()).thirdDerivativeBound() > 0;
        return new Settler(new Step.Evaluate(start, true), curved);
    }

    /**
     * From an anchor with changes folded in.
     *
     * @param current Not modified.
     * @param freshCurvature begin with a new factor; so it is also if the anchor has none
     */
    public static Settler from(Anchor current, boolean freshCurvature) {
        boolean fresh = freshCurvature || !current.hasFactor();
        double[] theta = fresh ? current.theta() : current.newtonPoint(current, 1);
        return new Settler(new Step.Evaluate(theta, fresh), false);
    }

    /** The first evaluation. */
    public Step begin() {
        return noted(first);
    }

    /**
     * The answer to an evaluation, with both anchors over today's rows.
     *
     * @param current null for the first evaluation of a fit. Not modified.
     * @param candidate the anchor at the evaluated θ. Not modified.
     */
    public Decision next(Anchor current, Anchor candidate) {
        passes++;
        if (candidate.sums().objection().orElse(null) instanceof Verdict.Refit none) {
            return new Decision(false, new Step.GiveUp(none.code(), none.reason()));
        }
        boolean accept = acceptable(current, candidate);
        Step step = accept ? afterAccepted(current, candidate) : afterRejected(current);
        if (step instanceof Step.Evaluate && passes >= MAX_PASSES) {
            step = new Step.GiveUp(
                    SETTLE_FAILED,
                    String.format(
                            Locale.ROOT,
                            "gradient norm %.3g after %d passes, wanted %.3g",
                            candidate.gradientNorm(),
                            passes,
                            tolerance(candidate)));
        }
        return new Decision(accept, noted(step));
    }

    /** The answer to an evaluation whose factor could not be built. */
    public Decision singular(String reason) {
        return new Decision(false, new Step.GiveUp("SINGULAR_CURVATURE", reason));
    }

    /** ‖∇J‖ below which an anchor is settled. */
    public static double tolerance(Anchor anchor) {
        double l2 = anchor.objective().l2();
        if (anchor.objective().intercept() == Intercept.FREE) {
            // What holds the intercept is not Λ but the rows.
            l2 = Math.min(l2, INTERCEPT_CURVATURE * anchor.sums().weight());
        }
        return l2 > 0
                ? RELATIVE_TOLERANCE * l2 * (1 + Vectors.norm(anchor.theta()))
                : RIDGE_TOLERANCE * anchor.sums().gradientScale();
    }

    private Step noted(Step step) {
        evaluatesCurvature = step instanceof Step.Evaluate evaluate && evaluate.curvature();
        return step;
    }

    private static boolean acceptable(Anchor current, Anchor candidate) {
        double value = candidate.objectiveValue();
        if (!Double.isFinite(value) || !Double.isFinite(candidate.gradientNorm())) {
            return false;
        }
        if (current == null || isRefresh(current, candidate)) {
            return true;
        }
        // Where the gradient is only rounding, so is the difference of two objectives.
        double scale = Math.abs(value) + Math.abs(current.objectiveValue());
        return candidate.gradientNorm() <= Math.max(tolerance(candidate), candidate.roundingSlack())
                || value <= current.objectiveValue() + OBJECTIVE_ROUNDING * scale;
    }

    /** Same θ, new factor: nothing moved, so nothing can be said about progress. */
    private static boolean isRefresh(Anchor current, Anchor candidate) {
        return current != null && Arrays.equals(current.theta(), candidate.theta());
    }

    private Step afterAccepted(Anchor current, Anchor candidate) {
        boolean measured = current != null && !isRefresh(current, candidate);
        double shrunk = measured ? candidate.gradientNorm() / current.gradientNorm() : Double.NaN;
        boolean fullStep = fraction == 1;
        fraction = 1;
        unmoved = isRefresh(current, candidate) ? unmoved + 1 : 0;
        // A step too small to change a digit of θ ends where it began, and so would every one after it.
        boolean stuck = unmoved > 1 || unmoved == 1 && !evaluatesCurvature;
        if (candidate.gradientNorm() <= tolerance(candidate)) {
            return new Step.Settled(false);
        }
        boolean stalled = stuck || shrunk > STALLED && fullStep;
        if (stalled && candidate.gradientNorm() <= candidate.roundingSlack()) {
            return new Step.Settled(true);
        }
        if (candidate.hasFactor()) {
            return newton(candidate, candidate, freshEachStep && !(shrunk <= FRESH_CONTRACTION));
        }
        if (current == null || !current.hasFactor()) {
            return new Step.Evaluate(candidate.theta(), true);
        }
        if (shrunk > KEPT_CONTRACTION) {
            // Far from the minimum, then: from here on every step takes its own curvature until it contracts.
            freshEachStep = true;
            return new Step.Evaluate(candidate.theta(), true);
        }
        return newton(candidate, current, false);
    }

    private Step afterRejected(Anchor current) {
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
        return newton(current, current, evaluatesCurvature);
    }

    private Step newton(Anchor from, Anchor factorOwner, boolean curvature) {
        double[] target = from.newtonPoint(factorOwner, fraction);
        if (!Vectors.finite(target)) {
            return new Step.GiveUp("NOT_FINITE", "the Newton step is not finite; the curvature is nearly singular");
        }
        return new Step.Evaluate(target, curvature);
    }
}
