package dev.lethe.unlearn.objective;

import java.util.Arrays;

/**
 * A fixed feature transform: subtract, then divide, then row normalisation. Every guarantee is relative to it.
 *
 * @param subtract empty, one value for all features, or one per feature; copied
 * @param divide empty, one value for all features, or one per feature, never zero; copied
 * @param rowNorm what each row is divided by, last; a zero row stays zero
 * @param learnedFrom where the constants came from
 */
public record Transform(double[] subtract, double[] divide, RowNorm rowNorm, LearnedFrom learnedFrom) {

    /** Leaves the features as they are. */
    public static final Transform NONE = new Transform(new double[0], new double[0], RowNorm.NONE, LearnedFrom.NONE);

    /** What each transformed row is divided by. */
    public enum RowNorm {
        NONE,
        /** Its Euclidean length. */
        L2
    }

    /** Where the constants came from; {@code THIS_DATASET} still contains the deleted rows and is always stated. */
    public enum LearnedFrom {
        NONE,
        PUBLIC,
        THIS_DATASET
    }

    public Transform {
        subtract = subtract.clone();
        divide = divide.clone();
        requireFinite("transform.subtract", subtract);
        requireFinite("transform.divide", divide);
        for (int i = 0; i < divide.length; i++) {
            if (divide[i] == 0) {
                throw new IllegalArgumentException("transform.divide: expected no zero, got 0 at position " + i);
            }
        }
    }

    @Override
    public double[] subtract() {
        return subtract.clone();
    }

    @Override
    public double[] divide() {
        return divide.clone();
    }

    /**
     * Refuses per-feature constants of another length.
     *
     * @param features N
     */
    public void requireFits(int features) {
        requireLength("transform.subtract", subtract, features);
        requireLength("transform.divide", divide, features);
    }

    /**
     * The transformed features.
     *
     * @param raw N values. Not modified.
     * @return a new array
     */
    public double[] apply(double[] raw) {
        requireFits(raw.length);
        double[] x = raw.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - constant(subtract, i, 0)) / constant(divide, i, 1);
        }
        if (rowNorm == RowNorm.L2) {
            normalise(x);
        }
        return x;
    }

    private static double constant(double[] constants, int i, double absent) {
        return constants.length == 0 ? absent : constants[constants.length == 1 ? 0 : i];
    }

    /** Scaled by the largest entry only where plain squares would overflow or vanish. */
    private static void normalise(double[] x) {
        double squares = 0;
        double largest = 0;
        for (double v : x) {
            squares += v * v;
            largest = Math.max(largest, Math.abs(v));
        }
        if (largest == 0) {
            return;
        }
        if (squares >= Double.MIN_NORMAL / Math.ulp(1.0) && squares <= Double.MAX_VALUE) {
            divideBy(x, Math.sqrt(squares));
        } else if (largest <= Double.MAX_VALUE) {
            divideBy(x, largest);
            normalise(x);
        }
    }

    private static void divideBy(double[] x, double divisor) {
        for (int i = 0; i < x.length; i++) {
            x[i] /= divisor;
        }
    }

    private static void requireFinite(String key, double[] constants) {
        for (int i = 0; i < constants.length; i++) {
            if (!Double.isFinite(constants[i])) {
                throw new IllegalArgumentException(
                        key + ": expected finite numbers, got " + constants[i] + " at position " + i);
            }
        }
    }

    private static void requireLength(String key, double[] constants, int features) {
        if (constants.length > 1 && constants.length != features) {
            throw new IllegalArgumentException(key + ": expected one value, or one for each of " + features
                    + " features, got " + constants.length + " values");
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Transform that
                && Arrays.equals(subtract, that.subtract)
                && Arrays.equals(divide, that.divide)
                && rowNorm == that.rowNorm
                && learnedFrom == that.learnedFrom;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(subtract) + Arrays.hashCode(divide) + rowNorm.hashCode() + learnedFrom.hashCode();
    }
}
