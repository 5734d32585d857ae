package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.FactorUpdate;
import dev.lethe.unlearn.objective.Family;
import java.util.Locale;
import java.util.Optional;

/**
 * Notices when linearising fails. On breast cancer with 50 flipped labels one step from the anchor is worse than none
 * (relative error 1.2); the logit shift there is 12 to 163, and well below 0.25 where the step is good.
 */
final class Guard {

    static final double MAX_LOGIT_SHIFT = 0.25;
    static final double MAX_LEVERAGE = 0.5;

    /** A drift of P is a relative error of the step; beyond this a version would show it. */
    private static final double MAX_DRIFT = 1e-8;

    /** From here on the service should think of a new factor. */
    private static final double REFRESH_DRIFT = 1e-10;

    /** An ill-conditioned factor begins with a drift that a new one would have as well. */
    private static final double DRIFT_GROWTH = 16;

    private final Family family;
    private FactorUpdate met = FactorUpdate.NONE;
    private double freshDrift;
    private double drift;

    Guard(Family family) {
        this.family = family;
    }

    void note(FactorUpdate update) {
        met = met.and(update);
    }

    void reset() {
        met = FactorUpdate.NONE;
        drift = 0;
    }

    /** The drift of a factor as it was built. */
    void freshDrift(double fresh) {
        freshDrift = fresh;
    }

    double freshDrift() {
        return freshDrift;
    }

    /** The drift of the factor after updates. */
    void drift(double now) {
        drift = now;
    }

    /** Whether rounding in P has grown so that a new factor would be better. */
    boolean refreshDue() {
        return driftAbove(REFRESH_DRIFT);
    }

    private boolean driftAbove(double limit) {
        return !(drift <= Math.max(limit, DRIFT_GROWTH * freshDrift));
    }

    /** What the changes folded so far say, before any step is taken. */
    Optional<Verdict> objection() {
        if (!met.definite()) {
            return Optional.of(new Verdict.SettleFirst(
                    "CURVATURE_LOST",
                    text(
                            "a removal leaves 1 - leverage = %.3g: the cached curvature cannot follow",
                            met.minRemainder())));
        }
        if (driftAbove(MAX_DRIFT)) {
            return Optional.of(new Verdict.SettleFirst(
                    "DRIFT", text("rounding has carried the cached curvature %.3g from its inverse", drift)));
        }
        if (family != Family.RIDGE && met.maxLeverage() > MAX_LEVERAGE) {
            return Optional.of(new Verdict.SettleFirst(
                    "LEVERAGE",
                    text("a changed sample has leverage %.3g, above %.3g", met.maxLeverage(), MAX_LEVERAGE)));
        }
        return Optional.empty();
    }

    /** The verdict on a step. Ridge is exact at any step length. */
    Verdict verdict(double logitShift) {
        Optional<Verdict> objection = objection();
        if (objection.isPresent()) {
            return objection.get();
        }
        if (family != Family.RIDGE && !(logitShift <= MAX_LOGIT_SHIFT)) {
            return new Verdict.SettleFirst(
                    "LOGIT_SHIFT", text("the step moves logits by %.3g, above %.3g", logitShift, MAX_LOGIT_SHIFT));
        }
        return new Verdict.Patched();
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
