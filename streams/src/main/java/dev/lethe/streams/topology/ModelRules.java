package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import java.util.Optional;

/** Whether a model definition can be served. Pure. */
final class ModelRules {
    private ModelRules() {}

    /** What is wrong with it, if anything. */
    static Optional<String> check(ModelSpec spec) {
        if (!RequestRules.NAME.matcher(spec.getModelId()).matches()
                || !RequestRules.NAME.matcher(spec.getDataset()).matches()) {
            return Optional.of("model id and dataset: expected names like " + RequestRules.NAME.pattern());
        }
        try {
            var objective = Specs.objective(spec);
            Specs.mapper(spec);
            int size = objective.family() == Family.SOFTMAX ? objective.parameters() : objective.columns();
            if (size > DenseFactor.MAX_PARAMETERS) {
                return Optional.of("model " + spec.getModelId() + ": the factor would be of order " + size
                        + ", expected at most " + DenseFactor.MAX_PARAMETERS);
            }
            int initial = spec.getInitial() == null ? -1 : Doubles.toArray(spec.getInitial()).length;
            return initial >= 0 && initial != objective.parameters()
                    ? Optional.of("model " + spec.getModelId() + ": initial: expected " + objective.parameters()
                            + " values, got " + initial)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of("model " + spec.getModelId() + ": " + e.getMessage());
        }
    }
}
