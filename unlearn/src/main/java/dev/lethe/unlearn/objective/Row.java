package dev.lethe.unlearn.objective;

/**
 * A training row as the maths sees it: transformed, with the constant appended.
 *
 * @param x d values; not copied, not modified
 * @param y ridge: K targets; logistic: one value, −1 or +1; softmax: one value, the class index
 * @param weight w ≥ 0
 * @param norm ‖x‖; kept with the row, as every pass asks for it
 */
public record Row(double[] x, double[] y, double weight, double norm) {

    /** The norm is worked out. */
    public Row(double[] x, double[] y, double weight) {
        this(x, y, weight, Vectors.norm(x));
    }
}
