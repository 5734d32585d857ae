package dev.lethe.unlearn.curvature;

/**
 * What an up- or down-date met.
 *
 * @param maxLeverage largest w·s·xᵀPx of a sample among the rows that include it (softmax: largest eigenvalue of the
 *     sample's core); in [0, 1] for a sound factor
 * @param minRemainder smallest 1 − leverage of a removal, 1 if there was none
 * @param definite false if a removal left a curvature that is not positive definite, or nearly so: the factor must be
 *     rebuilt
 */
public record FactorUpdate(double maxLeverage, double minRemainder, boolean definite) {

    /** No sample met yet. */
    public static final FactorUpdate NONE = new FactorUpdate(0, 1, true);

    /** Both together. */
    public FactorUpdate and(FactorUpdate other) {
        return new FactorUpdate(
                Math.max(maxLeverage, other.maxLeverage),
                Math.min(minRemainder, other.minRemainder),
                definite && other.definite);
    }
}
