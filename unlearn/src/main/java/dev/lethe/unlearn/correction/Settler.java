package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;

/**
 * Decides, pass by pass, how to bring ‖∇J(θ)‖ below tolerance. It holds no data and does no I/O; the caller runs the
 * passes, at any distance in time, and may fold changes in between. Its goal is fixed: the minimum over the rows with which
 * it began. A stream without a gap would otherwise move the goal with every pass, and no settling end. Where a dense factor is kept it is Newton's method with
 * that factor; above {@link DenseFactor#MAX_PARAMETERS} it is Newton's method on curvature-vector products.
 *
 * <p>What the caller does, from {@link #begin()} on:
 * <ol>
 *   <li>{@link Step.Evaluate}: run a pass at {@code theta} and make the candidate, {@code Anchor.at(…, sums)}. With
 *       {@code curvature}: build a factor from the sums and install it in the candidate; if it is singular, end with
 *       {@link #singular}. With {@code preconditioner}: the same with a preconditioner.
 *   <li>Fold the changes that came after the cut into the candidate's G (and factor); the current anchor, which owns the
 *       factor in use, has them too.
 *   <li>{@code decision = next(current, candidate, begun)}, then {@code current = decision.survivor(current, candidate)}, which
 *       moves the factor along and closes the other one. Go on with {@code decision.step()}.
 *   <li>{@link Step.Multiply}: run a pass for the product and go on with {@code product(current, sums.product())}. The
 *       current anchor goes on folding changes.
 *   <li>{@link Step.Settled}, {@link Step.GiveUp}: done; {@code current} is the best anchor there is.
 * </ol>
 */
public sealed interface Settler permits DenseSettler, NewtonCgSettler {

    /** ‖∇J‖ to reach, relative to Λ·(1 + ‖θ‖). */
    double RELATIVE_TOLERANCE = 1e-10;

    /** The same for Λ = 0, relative to the size of the gradient's terms. */
    double RIDGE_TOLERANCE = 1e-12;

    /** Σ w times this is below the curvature of a free intercept unless one class has a thousand times the other's rows. */
    double INTERCEPT_CURVATURE = 1e-3;

    /** What to do next. */
    public sealed interface Step {

        /**
         * Run a pass.
         *
         * @param theta where, K·d
         * @param curvature whether it is to sum the curvature too, and K where the current anchor does not lend
         *     its own ({@link Anchor#lendsGram}), and a factor is to be built from them
         * @param preconditioner whether it is to sum the statistics of a preconditioner too, and one is to be built
         */
        record Evaluate(double[] theta, boolean curvature, boolean preconditioner) implements Step {

            /** Without a preconditioner. */
            public Evaluate(double[] theta, boolean curvature) {
                this(theta, curvature, false);
            }
        }

        /**
         * Run a pass for a curvature-vector product.
         *
         * @param theta where, K·d
         * @param direction v, K·d
         */
        record Multiply(double[] theta, double[] direction) implements Step {}

        /**
         * ‖∇J‖ is below tolerance over the rows with which the settling began.
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
         * one's, and so with the preconditioner and with the K of its factor.
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
                candidate.takeGram(current);
                if (candidate.preconditioner() == null) {
                    candidate.takePreconditioner(current);
                }
                current.close();
            }
            return candidate;
        }
    }

    /**
     * A fit.
     *
     * @param startTheta zeros, or imported parameters, K·d. Not modified.
     * @throws IllegalArgumentException if there is neither a dense factor for this size nor l2 > 0
     */
    static Settler first(Objective objective, double[] startTheta) {
        return DenseFactor.fits(objective)
                ? DenseSettler.first(objective, startTheta)
                : NewtonCgSettler.first(objective, startTheta);
    }

    /**
     * From an anchor with changes folded in.
     *
     * @param current Not modified.
     * @param freshCurvature begin with a new factor, or preconditioner; so it is also if the anchor has none
     */
    static Settler from(Anchor current, boolean freshCurvature) {
        return DenseFactor.fits(current.objective())
                ? DenseSettler.from(current, freshCurvature)
                : NewtonCgSettler.from(current, freshCurvature);
    }

    /** Whether its anchors own a factor, with which a batch can be corrected without a pass. */
    boolean keepsFactor();

    /** The first evaluation. */
    Step begin();

    /**
     * The answer to an evaluation, with both anchors over today's rows.
     *
     * @param current null for the first evaluation of a fit. Not modified.
     * @param candidate the anchor at the evaluated θ. Not modified.
     * @param begun the candidate without the changes that came since {@link #begin()}: the settling ends without them.
     *     Owned from now on; it needs no factor.
     */
    Decision next(Anchor current, Anchor candidate, Anchor begun);

    /** The answer to an evaluation where no change came since the beginning. */
    default Decision next(Anchor current, Anchor candidate) {
        return next(current, candidate, candidate.without(List.of()));
    }

    /**
     * The answer to a {@link Step.Multiply}.
     *
     * @param current the anchor of the last evaluation, over today's rows. Not modified.
     * @param product Σ w ∇²ℓ·v, K·d. Not modified.
     */
    default Step product(Anchor current, double[] product) {
        throw new IllegalStateException("no product was asked for");
    }

    /** The answer to an evaluation whose factor could not be built. */
    default Decision singular(String reason) {
        return new Decision(false, new Step.GiveUp("SINGULAR_CURVATURE", reason));
    }

    /** ‖∇J‖ below which an anchor is settled. */
    static double tolerance(Anchor anchor) {
        double l2 = anchor.objective().l2();
        if (anchor.objective().intercept() == Intercept.FREE) {
            // What holds the intercept is not Λ but the rows.
            l2 = Math.min(l2, INTERCEPT_CURVATURE * anchor.sums().weight());
        }
        return l2 > 0
                ? RELATIVE_TOLERANCE * l2 * (1 + Vectors.norm(anchor.theta()))
                : RIDGE_TOLERANCE * anchor.sums().gradientScale();
    }
}
