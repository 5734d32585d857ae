package dev.lethe.unlearn.network;

import java.util.Locale;
import java.util.Optional;

/**
 * How far a network may be patched before it has to be fitted again from its samples.
 *
 * @param membershipAuc of the rows forgotten since the refit; above it by more than two standard errors the patches have
 *     left traces
 * @param validationRise of the held-out loss since the refit, relative; above it a patch has done damage
 * @param predictionChange accumulated since the refit; a sum of total variations, which is at least that of the sums
 * @param changes share of the training rows changed since the refit
 */
public record Limits(double membershipAuc, double validationRise, double predictionChange, double changes) {

    public static final Limits DEFAULT = new Limits(0.6, 0.25, 0.1, 0.1);

    /** Standard errors by which an AUC has to be above its limit. */
    private static final double CERTAINTY = 2;

    /** Held-out losses below this are near enough to nothing for any rise to be noise. */
    private static final double SMALL_LOSS = 0.01;

    public Limits {
        if (!(membershipAuc >= 0.5) || !(validationRise > 0) || !(predictionChange > 0) || !(changes > 0)) {
            throw new IllegalArgumentException(
                    "limits: expected a membership AUC of at least 0.5 and the others above 0," + " got "
                            + membershipAuc + ", " + validationRise + ", " + predictionChange + ", " + changes);
        }
    }

    /**
     * A limit that was crossed.
     *
     * @param code for machines
     * @param reason for people
     * @param trusted whether the version that crossed it may still be published, with the refit behind it
     */
    public record Crossing(String code, String reason, boolean trusted) {}

    /** The limit that a version crosses, the gravest first. @param drift with this version's own evidence in it */
    public Optional<Crossing> crossed(Drift drift, Evidence evidence) {
        double floor = Math.max(SMALL_LOSS, drift.refitValidationLoss());
        if (evidence.validationLoss() > floor * (1 + validationRise)) {
            return crossing(
                    "VALIDATION_LOSS", "held-out loss", evidence.validationLoss(), floor * (1 + validationRise), false);
        }
        double auc = drift.membershipAuc();
        if (auc - CERTAINTY * drift.membershipError() > membershipAuc) {
            return crossing("MEMBERSHIP", "membership AUC of forgotten rows", auc, membershipAuc, false);
        }
        if (drift.predictionChange() > predictionChange) {
            return crossing("PREDICTION_CHANGE", "prediction change", drift.predictionChange(), predictionChange, true);
        }
        if (drift.changedShare() > changes) {
            return crossing("CHANGED_ROWS", "share of changed rows", drift.changedShare(), changes, true);
        }
        return Optional.empty();
    }

    private static Optional<Crossing> crossing(String code, String what, double got, double limit, boolean trusted) {
        String reason = String.format(Locale.ROOT, "%s %.4g since the refit, the limit is %.4g", what, got, limit);
        return Optional.of(new Crossing(code, reason, trusted));
    }
}
