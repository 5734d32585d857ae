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

    private final Family family;
    private FactorUpdate met = FactorUpdate.NONE;

    Guard(Family family) {
        this.family = family;
    }

    void note(FactorUpdate update) {
        met = met.and(update);
    }

    void reset() {
        met = FactorUpdate.NONE;
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
