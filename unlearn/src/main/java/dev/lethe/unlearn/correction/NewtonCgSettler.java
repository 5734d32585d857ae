package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.ConjugateGradient;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Newton's method where no factor is kept: each step H·u = G is solved by preconditioned conjugate gradients, one pass per
 * product, to ‖G − Hu‖ ≤ η‖G‖ with η = min(0.1, √(‖G‖ / size of its terms)) (inexact Newton, Dembo, Eisenstat and
 * Steihaug 1982: order 1.5); then θ − u is evaluated, with halved steps when J would rise.
 *
 * <p>Changes that came since the beginning are in the products, and not in the right side: they cost at worst another step,
 * as each evaluation measures ∇J anew, without them. After a restart the solve begins again from the anchor; nothing of it
 * is kept.
 */
final class NewtonCgSettler implements Settler {

    private static final int MAX_PASSES = 3000;
    /** Products per Newton step; what they gave is then tried as it is. */
    private static final int MAX_PRODUCTS = 500;

    private static final double LOOSEST = 0.1;
    /** Below half the tolerance the next evaluation is the last, also if it errs by as much. */
    private static final double TIGHTEST = 0.25;

    private static final double STALLED = 0.5;
    private static final double SMALLEST_FRACTION = 0x1p-40;
    /** A preconditioner costs some 20 products: a solve this short cannot gain by a new one. */
    private static final int SHORT_SOLVE = 12;
    /** Products per digit against those right after the preconditioner was made, from which on it is made anew. */
    private static final double WORN = 1.5;

    private static final String SETTLE_FAILED = "SETTLE_FAILED";

    private final Step first;
    /** The current anchor over the rows with which the settling began; null before the first evaluation of a fit. */
    private Anchor known;

    private ConjugateGradient solve;
    private double digits;
    private double freshRate = Double.NaN;
    private boolean fresh;
    private double[] newtonStep;
    private double fraction = 1;
    private int passes;

    private NewtonCgSettler(Objective objective, Step first, Anchor known) {
        if (objective.l2() == 0) {
            throw new IllegalArgumentException("l2: with more than " + DenseFactor.MAX_PARAMETERS
                    + " parameters (columns for ridge and logistic, classes x columns for softmax) expected more than 0,"
                    + " got 0");
        }
        this.first = first;
        this.known = known;
    }

    /** @param startTheta Not modified. */
    static Settler first(Objective objective, double[] startTheta) {
        double[] start = startTheta.clone();
        Gauge.project(objective, start);
        return new NewtonCgSettler(objective, new Step.Evaluate(start, false, true), null);
    }

    /** @param current Not modified. */
    static Settler from(Anchor current, boolean freshPreconditioner) {
        boolean wanted = freshPreconditioner || current.preconditioner() == null;
        return new NewtonCgSettler(
                current.objective(), new Step.Evaluate(current.theta(), false, wanted), current.without(List.of()));
    }

    @Override
    public boolean keepsFactor() {
        return false;
    }

    @Override
    public Step begin() {
        return first;
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
                : afterRejected(current);
        return new Decision(accept, limited(step, accept ? candidate : current));
    }

    @Override
    public Step product(Anchor current, double[] product) {
        passes++;
        solve.product(product);
        return limited(afterProduct(current), current);
    }

    private Step limited(Step step, Anchor anchor) {
        boolean another = step instanceof Step.Evaluate || step instanceof Step.Multiply;
        if (!another || passes < MAX_PASSES) {
            return step;
        }
        return new Step.GiveUp(
                SETTLE_FAILED,
                String.format(
                        Locale.ROOT,
                        "gradient norm %.3g after %d passes, wanted %.3g",
                        anchor.gradientNorm(),
                        passes,
                        Settler.tolerance(anchor)));
    }

    /** @param before null in the first evaluation of a fit */
    private Optional<Step> settled(Anchor before, Anchor after) {
        boolean measured = before != null && !Progress.isRefresh(before, after);
        double shrunk = measured ? after.gradientNorm() / before.gradientNorm() : Double.NaN;
        boolean fullStep = fraction == 1;
        fraction = 1;
        if (keepsWhatIsGone(after)) {
            return Optional.empty();
        }
        boolean within = after.gradientNorm() <= Settler.tolerance(after);
        boolean stalled = shrunk > STALLED && fullStep;
        boolean atRoundingFloor = !within && stalled && after.gradientNorm() <= after.roundingSlack();
        return within || atRoundingFloor ? Optional.of(new Step.Settled(atRoundingFloor)) : Optional.empty();
    }

    /** @param after the candidate, without what came since */
    private Step onward(Anchor current, Anchor candidate, Anchor after) {
        if (keepsWhatIsGone(after)) {
            return new Step.Evaluate(new double[candidate.objective().parameters()], false);
        }
        fresh = candidate.preconditioner() != null;
        if (fresh) {
            return newton(after, candidate.preconditioner());
        }
        if (current == null || current.preconditioner() == null) {
            return new Step.Evaluate(candidate.theta(), false, true);
        }
        return newton(after, current.preconditioner());
    }

    /** Over no rows an unpenalised direction is flat; zero is the convention then, so that nothing stays of the rows. */
    private static boolean keepsWhatIsGone(Anchor candidate) {
        return candidate.rows() == 0
                && !candidate.objective().stronglyConvex()
                && candidate.state().perturbation() == null
                && Vectors.norm(candidate.theta()) > 0;
    }

    private Step afterRejected(Anchor current) {
        if (current == null || newtonStep == null) {
            return new Step.GiveUp(
                    "NOT_FINITE",
                    "objective or gradient is not finite at the start; look for features,"
                            + " weights or start parameters that are extremely large");
        }
        fraction /= 2;
        if (fraction < SMALLEST_FRACTION) {
            return new Step.GiveUp(SETTLE_FAILED, "no step along the Newton direction lowers the objective");
        }
        return new Step.Evaluate(Vectors.plus(current.theta(), -fraction, newtonStep), false);
    }

    private Step newton(Anchor from, Preconditioner preconditioner) {
        Objective objective = from.objective();
        double norm = from.gradientNorm();
        // One exact step is the minimiser of a quadratic.
        double forcing = objective.family() == Family.RIDGE
                ? 0
                : Math.sqrt(norm / Math.max(norm, from.sums().gradientScale()));
        double target = Math.max(Math.min(LOOSEST, forcing) * norm, TIGHTEST * Settler.tolerance(from));
        digits = Math.log10(norm / target);
        solve = new ConjugateGradient(objective, from.state().gradient(), preconditioner, target, MAX_PRODUCTS);
        return afterProduct(from);
    }

    private Step afterProduct(Anchor current) {
        if (solve.state() == ConjugateGradient.State.RUNNING) {
            return new Step.Multiply(current.theta(), solve.direction());
        }
        newtonStep = solve.solution();
        double[] target = Vectors.plus(current.theta(), -1, newtonStep);
        // A solve that broke has still its steps from before, along directions that curve upwards.
        if (!Vectors.finite(target) || Vectors.norm(newtonStep) == 0) {
            return new Step.GiveUp(
                    SETTLE_FAILED, "the curvature is not positive along the gradient: it holds numbers out of range");
        }
        return new Step.Evaluate(target, false, worn());
    }

    private boolean worn() {
        double rate = solve.steps() / digits;
        if (fresh) {
            freshRate = rate;
        }
        return solve.steps() > SHORT_SOLVE && !(rate <= WORN * freshRate);
    }
}
