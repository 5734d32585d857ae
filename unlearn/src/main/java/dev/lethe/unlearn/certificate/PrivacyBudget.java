package dev.lethe.unlearn.certificate;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The (ε, δ) account of one noise b: how large the residual of a version may be, how large the newest one's is, and how
 * many versions were published under this b. An immutable value: {@link #rule} gives the next one.
 *
 * <p>With b ~ N(0, σ²I) in the objective, a θ with ‖∇J(θ)‖ ≤ σε/c is (ε, δ)-indistinguishable from the model trained
 * without the removed rows (Guo et al. 2020, "Certified Data Removal", theorem 3). The residual is that of the published
 * θ over today's rows, from whatever cause: what the fit left, the steps since, and rounding. It is not a sum over
 * versions, as a bound from the anchor covers all changes since. So settling brings it back to nearly 0.
 *
 * <p>What it does not say: the claim is for one version alone, and for requests chosen without seeing versions that
 * share this b.
 *
 * @param terms what is claimed
 * @param noiseId random, and not derived from b, which stays secret
 * @param versions versions published under this b
 * @param spent residual of the newest version, 0 before the first
 */
public record PrivacyBudget(PrivacyTerms terms, String noiseId, long versions, double spent) {

    /** Said in every receipt. */
    public static final String CLAIM_SCOPE = "single-version, non-adaptive";

    public static final String NOISE_USED_UP = "NOISE_USED_UP";
    public static final String RESIDUAL_TOO_LARGE = "RESIDUAL_TOO_LARGE";

    private static final int NOISE_ID_BYTES = 16;

    public PrivacyBudget {
        if (noiseId.isBlank()) {
            throw new IllegalArgumentException("noise id: expected a name, got none");
        }
        if (versions < 0 || versions > terms.maxVersionsPerNoise()) {
            throw new IllegalArgumentException(
                    "versions under one noise: expected 0 to " + terms.maxVersionsPerNoise() + ", got " + versions);
        }
        if (!(spent >= 0 && spent <= terms.budget())) {
            throw new IllegalArgumentException(
                    "spent: expected 0 to the budget of " + terms.budget() + ", got " + spent);
        }
    }

    /** The account of a b that was just drawn. */
    public static PrivacyBudget open(PrivacyTerms terms) {
        byte[] id = new byte[NOISE_ID_BYTES];
        new SecureRandom().nextBytes(id);
        return new PrivacyBudget(terms, HexFormat.of().formatHex(id), 0, 0);
    }

    /** σε/c. */
    public double budget() {
        return terms.budget();
    }

    /** What is left of it after the newest version. */
    public double remaining() {
        return terms.budget() - spent;
    }

    public String claimScope() {
        return CLAIM_SCOPE;
    }

    /**
     * Rules on the next version, and changes nothing.
     *
     * @param eligibility of the model
     * @param exactness of the version; its certified residual counts
     * @param afterSettling whether this version is what settling ended with, so that settling again cannot help
     */
    public Ruling rule(Eligibility eligibility, Exactness exactness, boolean afterSettling) {
        var refusal = eligibility.refusal();
        if (refusal.isPresent()) {
            return refusal.get();
        }
        if (versions >= terms.maxVersionsPerNoise()) {
            return new Ruling.RefitWithFreshNoise(
                    NOISE_USED_UP, versions + " versions were published under this noise, the most allowed");
        }
        Double known = exactness.certifiedResidual();
        double residual = known == null ? Double.POSITIVE_INFINITY : known;
        if (residual <= budget()) {
            return new Ruling.Certified(new PrivacyBudget(terms, noiseId, versions + 1, residual));
        }
        String reason = String.format(
                Locale.ROOT, "residual %.4g is not known to be within the budget of %.4g", residual, budget());
        return afterSettling
                ? new Ruling.RefitWithFreshNoise(RESIDUAL_TOO_LARGE, reason)
                : new Ruling.SettleFirst(reason);
    }

    /** The account of the b that a refit draws. The old b is to be erased. */
    public PrivacyBudget withFreshNoise() {
        return open(terms);
    }
}
