package dev.lethe.unlearn.network;

/**
 * How far patches have brought a network since its refit. Numbers only: nothing of the forgotten rows is kept.
 *
 * @param changes training rows changed
 * @param trainingRows rows trained on now
 * @param forgotten rows removed, or with another label or features
 * @param membershipSum over those, each one's share of held-out rows with a larger loss, when it was forgotten
 * @param heldOut rows that this was measured on
 * @param predictionChange sum over the versions
 * @param refitValidationLoss held-out loss of the refit; NaN without rows held out
 */
public record Drift(
        long changes,
        long trainingRows,
        long forgotten,
        double membershipSum,
        long heldOut,
        double predictionChange,
        double refitValidationLoss) {

    /** At a refit. */
    public static Drift none(KeptRows kept, Evidence evidence) {
        return new Drift(0, kept.trainingRows(), 0, 0, kept.heldOutSample(), 0, evidence.validationLoss());
    }

    /** With so many changes that were patched on while it was fitted. */
    public Drift after(long changed) {
        return new Drift(
                changes + changed,
                trainingRows,
                forgotten,
                membershipSum,
                heldOut,
                predictionChange,
                refitValidationLoss);
    }

    /** With one more version. @param changed rows that it changed, held out or not */
    public Drift plus(MicroBatch.Outcome.Patched version, long changed, KeptRows kept) {
        Evidence evidence = version.evidence();
        double shares = Double.isNaN(evidence.membershipAuc()) ? 0 : version.forgotten() * evidence.membershipAuc();
        return new Drift(
                changes + changed,
                kept.trainingRows(),
                forgotten + (Double.isNaN(evidence.membershipAuc()) ? 0 : version.forgotten()),
                membershipSum + shares,
                kept.heldOutSample(),
                predictionChange + (Double.isNaN(evidence.predictionChange()) ? 0 : evidence.predictionChange()),
                refitValidationLoss);
    }

    /** AUC of a loss threshold over all rows forgotten since the refit; NaN where there are none. */
    public double membershipAuc() {
        return forgotten == 0 ? Double.NaN : membershipSum / forgotten;
    }

    /** Its standard error if they could not be told from held-out rows (Mann and Whitney 1947). */
    double membershipError() {
        return Math.sqrt((1.0 / forgotten + 1.0 / Math.max(1, heldOut)) / 12);
    }

    double changedShare() {
        return (double) changes / Math.max(1, trainingRows);
    }
}
