package dev.lethe.unlearn.objective;

import java.util.Arrays;
import java.util.Objects;

/**
 * A fixed feature transform: subtract, then divide, then a frozen extractor if there is one, then row normalisation. Every
 * guarantee is relative to it.
 *
 * @param subtract empty, one value for all features, or one per feature; copied
 * @param divide empty, one value for all features, or one per feature, never zero; copied
 * @param rowNorm what each row is divided by, last; a zero row stays zero
 * @param learnedFrom where the constants and the extractor came from
 * @param extractor null where the features go to the model themselves
 */
public record Transform(
        double[] subtract, double[] divide, RowNorm rowNorm, LearnedFrom learnedFrom, Extractor extractor) {

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

    /** Without an extractor. */
    public Transform(double[] subtract, double[] divide, RowNorm rowNorm, LearnedFrom learnedFrom) {
        this(subtract, divide, rowNorm, learnedFrom, null);
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

    /** Whether it leaves every row as it is. */
    public boolean isIdentity() {
        return subtract.length == 0 && divide.length == 0 && rowNorm == RowNorm.NONE && extractor == null;
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
     * Refuses per-feature constants of another length, and an extractor with another number of outputs.
     *
     * @param features N, what the model takes
     */
    public void requireFits(int features) {
        if (extractor != null && extractor.outputs() != features) {
            throw new IllegalArgumentException("features: expected " + extractor.outputs()
                    + ", what the extractor gives for a sample, got " + features);
        }
        requireConstantsFit(rawFeatures(features));
    }

    /** How many features a raw sample has where the model takes N. */
    public int rawFeatures(int features) {
        return extractor == null ? features : extractor.inputs();
    }

    private void requireConstantsFit(int raw) {
        requireLength("transform.subtract", subtract, raw);
        requireLength("transform.divide", divide, raw);
    }

    /**
     * The transformed features.
     *
     * @param raw as many values as {@link #rawFeatures}. Not modified.
     * @return N values, a new array
     */
    public double[] apply(double[] raw) {
        requireConstantsFit(raw.length);
        double[] x = raw.clone();
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - constant(subtract, i, 0)) / constant(divide, i, 1);
        }
        double[] out = extractor == null ? x : extractor.apply(x);
        if (rowNorm == RowNorm.L2) {
            normalise(out);
        }
        return out;
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
                && learnedFrom == that.learnedFrom
                && Objects.equals(extractor, that.extractor);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(subtract) + Arrays.hashCode(divide) + Objects.hash(rowNorm, learnedFrom, extractor);
    }
}
