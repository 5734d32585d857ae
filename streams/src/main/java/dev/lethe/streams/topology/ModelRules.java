package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.SpecViolation;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;
import java.util.Optional;

/** Whether a model definition that came as a message can be served. Pure. */
public final class ModelRules {
    /**
     * A shard stores a pass with its model: where to evaluate, a direction if no factor is kept, and imported parameters,
     * in one record of at most 4 MiB ({@code TopicSetup.INTERNAL_MESSAGE_BYTES}). So many float64 are 3 MiB.
     */
    static final int MAX_VALUES = 3 << 17;

    private ModelRules() {}

    /** What is wrong with it, if anything. */
    public static Optional<String> check(ModelSpec spec) {
        try {
            var objective = Specs.objective(Specs.validated(spec));
            return refusal(objective, spec.getInitial() != null)
                    .map(reason -> "model " + spec.getModelId() + ": " + reason);
        } catch (SpecViolation e) {
            return Optional.of("model " + spec.getModelId() + ": " + e.getMessage());
        }
    }

    private static Optional<String> refusal(Objective objective, boolean imported) {
        int copies = 1 + (DenseFactor.fits(objective) ? 0 : 1) + (imported ? 1 : 0);
        if (objective.parameters() > MAX_VALUES / copies) {
            return Optional.of("expected at most " + MAX_VALUES / copies + " parameters (outputs x columns), got "
                    + objective.parameters() + ": a pass and a version carry them in one record");
        }
        if (!DenseFactor.fits(objective) && objective.l2() == 0) {
            return Optional.of("l2: expected more than 0 above " + DenseFactor.MAX_PARAMETERS
                    + " columns, where no factor is kept, got 0");
        }
        return Optional.empty();
    }
}
