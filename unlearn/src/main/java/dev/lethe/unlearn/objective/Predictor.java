package dev.lethe.unlearn.objective;

/** What a parameter vector says about a row. */
public final class Predictor {

    private Predictor() {}

    /**
     * z = Θx, K values.
     *
     * @param theta K·d, row-major. Not modified.
     * @param x d, with the constant. Not modified.
     * @throws IllegalArgumentException if a length does not fit the objective
     */
    public static double[] logits(Objective objective, double[] theta, double[] x) {
        double[] out = new double[objective.outputs()];
        logits(objective, theta, x, out);
        return out;
    }

    /** As {@link #logits(Objective, double[], double[])}. @param out K. Modified. */
    public static void logits(Objective objective, double[] theta, double[] x, double[] out) {
        int columns = objective.columns();
        if (theta.length != objective.parameters() || x.length != columns) {
            throw new IllegalArgumentException("logits: expected " + objective.parameters()
                    + " parameters and a row of " + columns + " values, got " + theta.length + " and " + x.length);
        }
        for (int k = 0; k < out.length; k++) {
            out[k] = Vectors.dot(theta, k * columns, x);
        }
    }

    /**
     * Logistic: 1 if z &gt; 0, else 0. Softmax: the class of the largest logit, the first of equals.
     *
     * @param theta K·d, row-major. Not modified.
     * @param x d, with the constant. Not modified.
     * @throws IllegalArgumentException for ridge, which has no classes
     */
    public static int classIndex(Objective objective, double[] theta, double[] x) {
        return classOf(objective.family(), logits(objective, theta, x));
    }

    /** The class of a row's logits, as {@link #classIndex}. @param logits K. Not modified. */
    public static int classOf(Family family, double[] logits) {
        return switch (family) {
            case LOGISTIC -> logits[0] > 0 ? 1 : 0;
            case SOFTMAX -> largest(logits);
            case RIDGE ->
                throw new IllegalArgumentException(
                        "classIndex: a ridge model has no classes; read its logits as the predicted targets");
        };
    }

    private static int largest(double[] logits) {
        int best = 0;
        for (int k = 1; k < logits.length; k++) {
            if (logits[k] > logits[best]) {
                best = k;
            }
        }
        return best;
    }
}
