package dev.lethe.unlearn.certificate;

import dev.lethe.unlearn.objective.Objective;
import java.security.SecureRandom;

/** Objective perturbation b ~ N(0, σ²I) (Guo et al. 2020, "Certified Data Removal", section 3.2). */
public final class Perturbation {
    private Perturbation() {}

    /**
     * Draws b from a cryptographically secure source. b must stay secret: whoever knows it can undo the masking.
     *
     * @param sigma standard deviation, > 0
     * @return K·d values, K × d row-major
     */
    public static double[] draw(Objective objective, double sigma) {
        var random = new SecureRandom();
        double[] b = new double[objective.parameters()];
        for (int i = 0; i < b.length; i++) {
            b[i] = sigma * random.nextGaussian();
        }
        return b;
    }
}
