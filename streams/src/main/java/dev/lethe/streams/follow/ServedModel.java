package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.RowMapper;
import java.time.Instant;

/** One version of a model, ready to predict. Immutable: what was read from it belongs together. */
public final class ServedModel {
    private final ModelSpec spec;
    private final RowMapper mapper;
    private final long version;
    private final String digest;
    private final Instant createdAt;
    private final byte[] weights;
    private final double[] theta;

    /**
     * Only with weights whose digest was checked.
     *
     * @param weights the weights file; not copied
     */
    ServedModel(ModelSpec spec, long version, String digest, Instant createdAt, byte[] weights) {
        this.spec = spec;
        this.mapper = Specs.mapper(spec);
        this.version = version;
        this.digest = digest;
        this.createdAt = createdAt;
        this.weights = weights;
        this.theta = ModelWeights.read("version " + version, weights, mapper.objective());
    }

    /** Its number. */
    public long version() {
        return version;
    }

    /** SHA-256 of its weights file. */
    public String digest() {
        return digest;
    }

    /** When it was made. */
    public Instant createdAt() {
        return createdAt;
    }

    /** The definition of the model. */
    public ModelSpec spec() {
        return spec;
    }

    /** The weights file, for another runtime. A copy. */
    public byte[] weightsFile() {
        return weights.clone();
    }

    /** As {@link #weightsFile}, not copied. */
    byte[] weights() {
        return weights;
    }

    /**
     * Ridge: the predicted targets; logistic: one logit; softmax: one per class.
     *
     * @param features raw, before the transform. Not modified.
     * @throws IllegalArgumentException if their number does not fit, or one is not finite
     */
    public double[] logits(double[] features) {
        return Predictor.logits(mapper.objective(), theta, row(features));
    }

    /** The predicted class of a logistic or softmax model. As {@link #logits}. */
    public String predictedClass(double[] features) {
        return spec.getClasses().get(Predictor.classIndex(mapper.objective(), theta, row(features)));
    }

    private double[] row(double[] features) {
        double[] x = mapper.x(features);
        if (x == null) {
            throw new IllegalArgumentException("features: expected "
                    + mapper.objective().features() + " finite values, also after the transform, got " + features.length
                    + " values");
        }
        return x;
    }
}
