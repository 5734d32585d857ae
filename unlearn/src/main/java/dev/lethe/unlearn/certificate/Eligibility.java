package dev.lethe.unlearn.certificate;

import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Transform.LearnedFrom;
import java.util.Optional;

/**
 * What keeps a model from any (ε, δ) claim, whatever its residual. The claim is about everything that is published, so
 * that whatever went into a version beside the noisy objective voids it.
 *
 * @param imported the model began with parameters trained elsewhere: they never saw b
 * @param learnedFrom where the constants of the feature transform, or a feature extractor, came from
 * @param objective J
 */
public record Eligibility(boolean imported, LearnedFrom learnedFrom, Objective objective) {

    public static final String IMPORTED = "IMPORTED_MODEL";
    public static final String LEARNED_TRANSFORM = "LEARNED_TRANSFORM";
    public static final String NOT_STRONGLY_CONVEX = "NOT_STRONGLY_CONVEX";

    /** Why there can be no claim; empty if there can. */
    public Optional<Ruling.NotCertified> refusal() {
        if (imported) {
            return refuse(IMPORTED, "the model began with imported parameters, which no noise covers");
        }
        if (learnedFrom == LearnedFrom.THIS_DATASET) {
            return refuse(
                    LEARNED_TRANSFORM,
                    "the feature transform was learned from this dataset and still contains its deleted rows");
        }
        if (!objective.stronglyConvex()) {
            // A b that pulls an unpenalised intercept harder than the rows hold it leaves J without a minimiser.
            return refuse(
                    NOT_STRONGLY_CONVEX,
                    objective.intercept() == Intercept.FREE
                            ? "the intercept is not penalised; use intercept: penalised or none"
                            : "l2 is 0; use l2 > 0");
        }
        return Optional.empty();
    }

    private static Optional<Ruling.NotCertified> refuse(String code, String reason) {
        return Optional.of(new Ruling.NotCertified(code, reason));
    }
}
