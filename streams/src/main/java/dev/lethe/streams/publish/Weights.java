package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.ModelWeights;
import java.util.Map;

/** The weights file of a version: the same parameters always give the same bytes. */
public final class Weights {
    private Weights() {}

    /** The bytes of weights.safetensors for θ (K × d row-major). */
    public static byte[] file(ModelSpec spec, double[] theta) {
        return ModelWeights.toSafeTensors(
                Specs.objective(spec), theta, Map.of("format", "pt", "model", spec.getModelId()));
    }

    /** SHA-256 of that file, in hex: names the version. */
    public static String digest(ModelSpec spec, double[] theta) {
        return ModelWeights.digest(file(spec, theta));
    }
}
