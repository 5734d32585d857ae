package dev.lethe.unlearn.certificate;

import dev.lethe.unlearn.correction.Forecast;
import java.util.Locale;

/**
 * Keeps one subject from spending the budget of all. Who plants rows of high leverage and then asks for their deletion
 * makes the residual bound jump, and with it ends the patches that everyone else would still have had without a pass
 * (a slow-down attack: Marchant et al. 2022, "Hard to Forget"). Such changes are not refused: the model settles before
 * it publishes them, which carries them out exactly and spends nothing.
 *
 * <p>It settles at once, and does not keep the changes back while it patches on for everyone else. Whoever stands out is
 * as a rule no attacker but the person the model remembers best, and would then be the one who stays longest in published
 * versions; the data are gone from the shards by then, so the anchor would no longer stand over the rows that are left,
 * and a residual measured by a pass would be that of another set of rows than the version's; and a later change of a
 * sample may not be folded in before an earlier one that is kept back. The price is bounded: a request waits for the
 * settling under way and at most one more, and while an attacker goes on it is answered with each settling's end.
 *
 * <p>A subject's share is √(bound / budget), for the changes asked for as if they were the only ones. Bounds grow with
 * the square of a step, and steps add: as long as all shares together are at most 1, so is the bound of all changes
 * together at most the budget, by the triangle inequality. {@code maxShare} is therefore a part of the whole.
 *
 * @param maxShare largest sum of the shares of one subject between two settlings, in (0, 1]
 * @param maxLeverage largest leverage of the rows that go with one request, in (0, 1]
 */
public record Screening(double maxShare, double maxLeverage) {

    /** Twenty subjects at their limit cannot end the budget; half of the curvature in a direction is the guard's limit. */
    public static final Screening DEFAULT = new Screening(0.05, 0.5);

    public Screening {
        requirePart("maxShare", maxShare);
        requirePart("maxLeverage", maxLeverage);
    }

    /** What to do with the changes that a forecast speaks of. */
    public sealed interface Outcome {

        /**
         * Fold them in.
         *
         * @param used the subject's share since the last settling, with them
         */
        record Spend(double used) implements Outcome {}

        /**
         * Settle before they are published.
         *
         * @param code stable, for receipts and metrics: SUBJECT_LEVERAGE or SUBJECT_SHARE
         * @param reason for people
         */
        record SettleFirst(String code, String reason) implements Outcome {}
    }

    /**
     * Rules on changes of one subject, before they are folded in.
     *
     * @param used the subject's share since the last settling, 0 at first
     * @param budget residual up to which versions are certified, above 0
     */
    public Outcome judge(double used, Forecast forecast, double budget) {
        if (!(forecast.leverage() <= maxLeverage)) {
            return new Outcome.SettleFirst(
                    "SUBJECT_LEVERAGE",
                    text("the rows to go have leverage %.3g, above %.3g", forecast.leverage(), maxLeverage));
        }
        double with = used + Math.sqrt(forecast.bound() / budget);
        if (!(with <= maxShare)) {
            return new Outcome.SettleFirst(
                    "SUBJECT_SHARE",
                    text("they would take this subject's share of the budget to %.3g, above %.3g", with, maxShare));
        }
        return new Outcome.Spend(with);
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static void requirePart(String name, double value) {
        if (!(value > 0 && value <= 1)) {
            throw new IllegalArgumentException("screening." + name + ": expected 0 < value <= 1, got " + value);
        }
    }
}
