package dev.lethe.unlearn.certificate;

/** Whether a version may be published as (ε, δ)-certified, and what to do if not. */
public sealed interface Ruling {

    /**
     * It may.
     *
     * @param after the budget with this version counted; keep it
     */
    record Certified(PrivacyBudget after) implements Ruling {}

    /**
     * Its residual, as far as it is known, is above the budget: settle, and ask again with the measured residual.
     *
     * @param reason for people
     */
    record SettleFirst(String reason) implements Ruling {}

    /**
     * This b can carry no more versions: erase it, draw another, and fit anew with it.
     *
     * @param code stable, for receipts and metrics: NOISE_USED_UP or RESIDUAL_TOO_LARGE
     * @param reason for people
     */
    record RefitWithFreshNoise(String code, String reason) implements Ruling {}

    /**
     * No version of this model can be: publish without the claim.
     *
     * @param code stable, for receipts and metrics: one of the constants of {@link Eligibility}
     * @param reason for people
     */
    record NotCertified(String code, String reason) implements Ruling {}
}
