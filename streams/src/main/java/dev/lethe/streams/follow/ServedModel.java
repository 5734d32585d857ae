package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkWeights;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Vectors;
import java.time.Instant;
import java.util.List;

/** One version of a model, ready to predict. Immutable: what was read from it belongs together. */
public final class ServedModel {
    private final ModelSpec spec;
    private final RowMapper mapper;
    private final long version;
    private final String digest;
    private final Instant createdAt;
    private final byte[] weights;
    private final double[] theta;
    /** Null unless it is one. */
    private final Network network;

    /**
     * Only with weights whose digest was checked.
     *
     * @param mapper of the definition, the same for all its versions
     * @param weights the weights file; not copied
     */
    ServedModel(ModelSpec spec, RowMapper mapper, long version, String digest, Instant createdAt, byte[] weights) {
        this.spec = spec;
        this.mapper = mapper;
        this.version = version;
        this.digest = digest;
        this.createdAt = createdAt;
        this.weights = weights;
        String name = "version " + version;
        boolean deep = NetworkSpecs.isNetwork(spec);
        this.theta = deep
                ? NetworkWeights.read(name, weights, NetworkSpecs.architecture(spec))
                : ModelWeights.read(name, weights, mapper.objective());
        this.network = deep ? NetworkSpecs.network(spec, theta) : null;
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
     * Ridge: the predicted targets; logistic: one logit; softmax: one per class. A network: what its last layer gives.
     *
     * @param features raw, before the transform. Not modified.
     * @throws IllegalArgumentException if their number does not fit, or one is not finite
     */
    public double[] logits(double[] features) {
        double[] x = row(features);
        return network == null
                ? Predictor.logits(mapper.objective(), theta, x)
                : network.logits(List.of(new Row(x, new double[0], 1)));
    }

    /** The predicted class of a model that has classes. As {@link #logits}. */
    public String predictedClass(double[] features) {
        if (network != null) {
            return spec.getClasses().get(Vectors.largest(logits(features)));
        }
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
