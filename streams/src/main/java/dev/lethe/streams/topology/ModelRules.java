package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.SpecViolation;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowMapper;
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
            boolean imported = spec.getInitial() != null;
            return (NetworkSpecs.isNetwork(spec)
                            ? tooMany(NetworkSpecs.architecture(spec).parameters(), MAX_VALUES / (imported ? 2 : 1))
                            : refusal(objective, imported))
                    .map(reason -> "model " + spec.getModelId() + ": " + reason);
        } catch (SpecViolation e) {
            return Optional.of("model " + spec.getModelId() + ": " + e.getMessage());
        }
    }

    /**
     * The mapper of a model that is served already.
     *
     * @throws LetheException if its extractor is missing or was altered since: nothing is read before it is back
     */
    static RowMapper mapper(ModelSpec spec) {
        try {
            return Specs.mapper(spec);
        } catch (SpecViolation e) {
            throw new LetheException("model " + spec.getModelId() + ": " + e.getMessage()
                    + "; its versions stay in force and nothing is lost: put the file back and start again");
        }
    }

    private static Optional<String> refusal(Objective objective, boolean imported) {
        int copies = 1 + (DenseFactor.fits(objective) ? 0 : 1) + (imported ? 1 : 0);
        var tooMany = tooMany(objective.parameters(), MAX_VALUES / copies);
        if (tooMany.isPresent()) {
            return tooMany;
        }
        if (!DenseFactor.fits(objective) && objective.l2() == 0) {
            return Optional.of("l2: expected more than 0 above " + DenseFactor.MAX_PARAMETERS
                    + " columns, where no factor is kept, got 0");
        }
        return Optional.empty();
    }

    private static Optional<String> tooMany(int parameters, int limit) {
        return parameters <= limit
                ? Optional.empty()
                : Optional.of("expected at most " + limit + " parameters, got " + parameters
                        + ": a pass and a version carry them in one record");
    }
}
