package dev.lethe.unlearn.objective;

/**
 * The loss of one row as a function of its logits z = Θx (K values).
 *
 * <p>Implementations are stateless; none checks the length of its arguments, which is K throughout.
 */
public sealed interface Loss permits SquaredError, LogisticLoss, SoftmaxLoss {

    static Loss of(Family family) {
        return switch (family) {
            case RIDGE -> SquaredError.INSTANCE;
            case LOGISTIC -> LogisticLoss.INSTANCE;
            case SOFTMAX -> SoftmaxLoss.INSTANCE;
        };
    }

    /**
     * ℓ(z, y).
     *
     * @param logits K. Not modified.
     * @param y as in {@link Row}. Not modified.
     */
    double value(double[] logits, double[] y);

    /**
     * ∂ℓ/∂z; the gradient in Θ is this times xᵀ.
     *
     * @param logits K. Not modified.
     * @param y as in {@link Row}. Not modified.
     * @param out K. Modified.
     */
    void residual(double[] logits, double[] y, double[] out);

    /** Both at once: returns ℓ(z, y) and writes ∂ℓ/∂z. Arguments as above. */
    default double valueAndResidual(double[] logits, double[] y, double[] out) {
        residual(logits, y, out);
        return value(logits, y);
    }

    /** r: columns of the curvature root for K outputs. */
    int rank(int outputs);

    /**
     * B (K × r, column-major) with ℓ″(z) = B·Bᵀ. ℓ″ does not depend on y (canonical links).
     *
     * @param logits K. Not modified.
     * @param root K·r. Modified.
     */
    void curvatureRoot(double[] logits, double[] root);

    /** Size of the numbers the residual is computed from, at least its norm: what its rounding error is relative to. */
    double magnitude(double[] logits, double[] y, double[] residual);

    /** sup ‖ℓ″‖ over all z. */
    double curvatureBound();

    /** γ = sup ‖ℓ‴‖ over all z; 0 for a quadratic loss. */
    double thirdDerivativeBound();
}
