package dev.lethe.unlearn.objective;

/**
 * J(θ) = Σ wᵢ ℓ(θ; zᵢ) + (Λ/2) Σ rⱼθⱼ² + bᵀθ: a sum with a fixed total Λ.
 *
 * <p>θ has {@link #parameters()} entries, K × d row-major: {@code theta[k * columns + j]}; the constant, if any, is the
 * last column.
 *
 * @param family loss family
 * @param features N, without the constant
 * @param outputs K: classes for softmax, targets for ridge, 1 for logistic
 * @param intercept the constant column
 * @param l2 Λ, total, at least 0 (0 only for ridge)
 */
public record Objective(Family family, int features, int outputs, Intercept intercept, double l2) {

    public Objective {
        if (features < 1) {
            throw new IllegalArgumentException("features: expected at least 1, got " + features);
        }
        if (outputs < 1 || family == Family.LOGISTIC && outputs != 1 || family == Family.SOFTMAX && outputs < 2) {
            throw new IllegalArgumentException("outputs: " + outputs + " does not go with family " + family
                    + " (logistic: 1, softmax: at least 2, ridge: at least 1)");
        }
        if (!(l2 >= 0) || Double.isInfinite(l2)) {
            throw new IllegalArgumentException("l2: expected a finite number of at least 0, got " + l2);
        }
        if (l2 == 0 && family != Family.RIDGE) {
            throw new IllegalArgumentException("l2: " + family + " needs l2 > 0, got 0");
        }
    }

    /** d: columns of the design matrix, with the constant. */
    public int columns() {
        return intercept == Intercept.NONE ? features : features + 1;
    }

    /** K·d. */
    public int parameters() {
        return outputs * columns();
    }

    /** rⱼ of a column: whether Λ penalises it. */
    public boolean penalised(int column) {
        return intercept != Intercept.FREE || column < columns() - 1;
    }

    /** Whether J is Λ-strongly convex, so that ‖θ − θ*‖ ≤ ‖∇J(θ)‖/Λ (false with a free intercept or Λ = 0). */
    public boolean stronglyConvex() {
        return l2 > 0 && intercept != Intercept.FREE;
    }
}
