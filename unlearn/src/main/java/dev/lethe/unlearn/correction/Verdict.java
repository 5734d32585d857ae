package dev.lethe.unlearn.correction;

/** Whether a correction may be published as it is. */
public sealed interface Verdict {

    /** Yes. */
    record Patched() implements Verdict {}

    /**
     * No: one step may be worse than none here. Settle, with fresh curvature.
     *
     * @param code stable, for receipts and metrics
     * @param reason for people
     */
    record SettleFirst(String code, String reason) implements Verdict {}

    /**
     * No, and the anchor is of no use either: fit from scratch.
     *
     * @param code stable, for receipts and metrics
     * @param reason for people
     */
    record Refit(String code, String reason) implements Verdict {}
}
