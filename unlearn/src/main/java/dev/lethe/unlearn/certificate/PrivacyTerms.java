package dev.lethe.unlearn.certificate;

/**
 * What (ε, δ) claim a model is to make, and what may be spent on it.
 *
 * @param epsilon ε, 0 &lt; ε ≤ 1: the theorem's proof needs the upper limit
 * @param delta δ, 0 &lt; δ &lt; 1
 * @param sigma σ, standard deviation of every entry of b, above 0
 * @param maxVersionsPerNoise versions that may be published under one b; two versions with the same b give more away
 *     than either alone
 */
public record PrivacyTerms(double epsilon, double delta, double sigma, long maxVersionsPerNoise) {

    public PrivacyTerms {
        if (!(epsilon > 0 && epsilon <= 1)) {
            throw new IllegalArgumentException("privacy.epsilon: expected 0 < epsilon <= 1, got " + epsilon);
        }
        if (!(delta > 0 && delta < 1)) {
            throw new IllegalArgumentException("privacy.delta: expected 0 < delta < 1, got " + delta);
        }
        if (!(sigma > 0) || Double.isInfinite(sigma)) {
            throw new IllegalArgumentException("privacy.sigma: expected a finite number above 0, got " + sigma);
        }
        if (maxVersionsPerNoise < 1) {
            throw new IllegalArgumentException(
                    "privacy.maxVersionsPerNoise: expected at least 1, got " + maxVersionsPerNoise);
        }
    }

    /** c = √(2 ln(1.5/δ)) (Guo et al. 2020, "Certified Data Removal", theorem 3). */
    public double c() {
        return Math.sqrt(2 * Math.log(1.5 / delta));
    }

    /** σε/c: the gradient residual ‖∇J(θ)‖ up to which the claim holds. */
    public double budget() {
        return sigma * epsilon / c();
    }
}
