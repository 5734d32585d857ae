package dev.lethe.unlearn.objective;

import java.util.Arrays;

/**
 * Turns raw samples into rows of one model: transform, then the constant 1 where there is an intercept.
 *
 * @param objective feature count, outputs and intercept
 * @param labels how labels are read
 * @param transform applied to raw features
 */
public record RowMapper(Objective objective, Labels labels, Transform transform) {

    public RowMapper {
        transform.requireFits(objective.features());
    }

    /**
     * What x depends on: models with equal layouts see equal x, whatever their families and labels.
     *
     * @param features N, after the transform
     * @param transform applied to raw features
     * @param constant whether a 1 follows
     */
    public record Layout(int features, Transform transform, boolean constant) {
        /** Values of an x. */
        public int columns() {
            return features + (constant ? 1 : 0);
        }

        /** Whether the first N values of an x are the raw features, bit by bit. */
        public boolean keepsFeatures() {
            return transform.isIdentity();
        }
    }

    /** How many features a sample has: N, or what the extractor takes. */
    public int rawFeatures() {
        return transform.rawFeatures(objective.features());
    }

    /** The layout of this model's rows. */
    public Layout layout() {
        return new Layout(objective.features(), transform, objective.intercept() != Intercept.NONE);
    }

    /**
     * The x of a sample; depends on {@link #layout()} only.
     *
     * @param rawFeatures as in a file or message. Not modified.
     * @return d values, or null where the features do not fit
     */
    public double[] x(double[] rawFeatures) {
        if (rawFeatures.length != rawFeatures() || firstNotFinite(rawFeatures) >= 0) {
            return null;
        }
        double[] transformed = transform.apply(rawFeatures);
        return firstNotFinite(transformed) >= 0 ? null : withConstant(transformed);
    }

    /**
     * The row of a sample whose x is made already: what {@link #map} gives for its raw features.
     *
     * @param x as {@link #x} made it for a mapper of the same layout; not copied
     * @param norm ‖x‖
     * @param label as in a file or message
     * @param weight w
     * @return null where label or weight do not fit
     */
    public Row row(double[] x, double norm, String label, double weight) {
        double[] y = weight >= 0 && Double.isFinite(weight) ? labels.y(label) : null;
        return y == null ? null : new Row(x, y, weight, norm);
    }

    /**
     * The row of a sample, or why there is none.
     *
     * @param rawFeatures as in a file or message. Not modified.
     * @param label as in a file or message
     * @param weight w, finite and at least 0
     */
    public Mapping map(double[] rawFeatures, String label, double weight) {
        if (rawFeatures.length != rawFeatures()) {
            return new Mapping.Misfit(
                    Mapping.FEATURE_COUNT,
                    "features: expected " + rawFeatures() + " values, got " + rawFeatures.length);
        }
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            return new Mapping.Misfit(
                    Mapping.BAD_WEIGHT, "weight: expected a finite number of at least 0, got " + weight);
        }
        int bad = firstNotFinite(rawFeatures);
        if (bad >= 0) {
            return notFinite(bad, "");
        }
        double[] transformed = transform.apply(rawFeatures);
        bad = firstNotFinite(transformed);
        if (bad >= 0) {
            return notFinite(bad, " after the transform");
        }
        double[] y = labels.y(label);
        return y == null ? labels.misfit(label) : new Mapping.Fits(new Row(withConstant(transformed), y, weight));
    }

    private double[] withConstant(double[] features) {
        if (objective.intercept() == Intercept.NONE) {
            return features;
        }
        double[] x = Arrays.copyOf(features, objective.columns());
        x[x.length - 1] = 1;
        return x;
    }

    private static Mapping.Misfit notFinite(int position, String when) {
        return new Mapping.Misfit(
                Mapping.NOT_FINITE,
                "features: expected finite numbers, got NaN or infinity at position " + position + when);
    }

    private static int firstNotFinite(double[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                return i;
            }
        }
        return -1;
    }
}
