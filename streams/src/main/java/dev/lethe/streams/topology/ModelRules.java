package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.SpecViolation;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import java.util.Optional;

/** Whether a model definition that came as a message can be served. Pure. */
public final class ModelRules {
    private ModelRules() {}

    /** What is wrong with it, if anything. */
    public static Optional<String> check(ModelSpec spec) {
        try {
            var objective = Specs.objective(Specs.validated(spec));
            int size = objective.family() == Family.SOFTMAX ? objective.parameters() : objective.columns();
            return size > DenseFactor.MAX_PARAMETERS
                    ? Optional.of("model " + spec.getModelId() + ": its factor would be of order " + size
                            + ", expected at most " + DenseFactor.MAX_PARAMETERS)
                    : Optional.empty();
        } catch (SpecViolation e) {
            return Optional.of("model " + spec.getModelId() + ": " + e.getMessage());
        }
    }
}
