package dev.lethe.unlearn.network;

/** What came of a patch. */
public sealed interface PatchOutcome {

    /**
     * An approximate patch: measured, never certified.
     *
     * @param network the corrected one
     * @param predicted change of the proximal objective by the steps' quadratic models; negative
     * @param actual its change
     * @param gradientLeft of the objective's gradient norm, relative to the beginning
     * @param steps Gauss–Newton steps taken
     * @param products with the curvature
     */
    record Patched(Network network, double predicted, double actual, double gradientLeft, int steps, int products)
            implements PatchOutcome {

        /** The same patch of another form of the network. */
        Patched with(Network other) {
            return new Patched(other, predicted, actual, gradientLeft, steps, products);
        }
    }

    /** No step could be trusted: the old version stays, a refit is due. @param reason for a receipt */
    record Refused(String reason) implements PatchOutcome {}
}
