package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.schemas.ValidationMetrics;
import dev.lethe.streams.topology.Promotions.Refusal;
import dev.lethe.unlearn.validation.Metrics;
import dev.lethe.unlearn.validation.Metrics.Allowance;
import java.util.Optional;
import java.util.OptionalDouble;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Which version of a model is the champion. Without a gate it is the newest, and nothing is kept; with one a version takes
 * the champion's place when its metrics allow it, else it waits for an operator. A rollback holds the champion until an
 * operator promotes again.
 */
final class Champion {
    private final ModelState state;
    private final KeyValueStore<String, ModelVersion> store;
    private final Validation validation;
    private final ModelOutput output;
    private final String modelId;
    /** Null: the newest version. */
    private ModelVersion kept;
    /** What the kept one does on the validation rows, and on which revision of them. */
    private Optional<Metrics> metrics = Optional.empty();

    private long measuredAt = -1;
    private Promotion.Builder verdict;
    /** Parameters of the newest version that this task published. */
    private double[] judged;

    private boolean unsaved;

    Champion(ModelState state, KeyValueStore<String, ModelVersion> store, Validation validation, ModelOutput output) {
        this.state = state;
        this.store = store;
        this.validation = validation;
        this.output = output;
        this.modelId = state.spec().getModelId();
        this.kept = store.get(modelId);
        ModelProgress.Builder progress = state.progress();
        if (progress.getErasedBefore() < 0) {
            // An older release did not note it: nothing before its newest version is known to be free of erased rows.
            progress.setErasedBefore(progress.getVersion());
        }
        tell();
    }

    /** A row has left the model. @param number of the change in the tail */
    void removed(long number) {
        state.progress().setNewestRemoval(number);
        unsaved = true;
    }

    /** The end of a transaction. */
    void flush() {
        if (unsaved) {
            state.save();
            unsaved = false;
        }
    }

    /**
     * Adds to a version that is about to be published what it does on the validation rows, and whether it may become the
     * champion.
     *
     * @param theta its parameters. Not modified.
     * @param through last tail number that it holds
     */
    void judge(ModelVersion.Builder version, double[] theta, long through) {
        ModelProgress.Builder progress = state.progress();
        if (progress.getPublished() < progress.getNewestRemoval() && progress.getNewestRemoval() <= through) {
            progress.setErasedBefore(version.getVersion());
        }
        Optional<Metrics> found = validation.metrics(theta);
        version.setValidation(found.map(Champion::message).orElse(null));
        verdict = null;
        judged = theta;
        if (state.spec().getPromote() != null || progress.getPinned()) {
            Optional<Refusal> refusal = refusal(found);
            version.setCandidate(refusal.isPresent())
                    .setCandidateReason(refusal.map(Refusal::reason).orElse(null));
            verdict = Promotions.decision(modelId, refusal, kept == null ? "FIRST" : "GATE");
        }
    }

    private Optional<Refusal> refusal(Optional<Metrics> candidate) {
        if (state.progress().getPinned()) {
            return Optional.of(new Refusal(
                    "PINNED",
                    "version " + kept.getVersion() + " was chosen by a rollback: `lethe versions promote " + modelId
                            + "` ends that"));
        }
        Allowance allowed = allowance(state.spec());
        boolean looks =
                allowed.maxAccuracyDrop().isPresent() || allowed.maxLossRise().isPresent();
        if (kept == null || !looks) {
            return Optional.empty();
        }
        Optional<Metrics> champion = metrics();
        if (candidate.isEmpty() || champion.isEmpty()) {
            return Optional.of(new Refusal(
                    "NO_VALIDATION_ROWS",
                    "there are no validation rows to compare on, or the champion's parameters are not at hand"));
        }
        return candidate.get().fallsBehind(champion.get(), allowed).map(reason -> new Refusal("FALLS_BEHIND", reason));
    }

    private static Allowance allowance(ModelSpec spec) {
        PromotionSpec gate = spec.getPromote();
        return new Allowance(optional(gate.getMaxAccuracyDrop()), optional(gate.getMaxLossRise()));
    }

    private static OptionalDouble optional(Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** The kept champion on the rows as they are now. */
    private Optional<Metrics> metrics() {
        if (kept == null) {
            return Optional.empty();
        }
        if (measuredAt != validation.revision()) {
            double[] theta = Doubles.toArray(kept.getTheta());
            metrics = theta.length == 0 ? Optional.empty() : validation.metrics(theta);
            measuredAt = validation.revision();
        }
        return metrics;
    }

    /** A judged version was published. */
    void published(ModelVersion version) {
        if (verdict != null) {
            Promotion decided = decided(verdict, version);
            verdict = null;
            if (!version.getCandidate()) {
                keep(version, decided);
            }
            output.decision(decided);
        }
        tell();
    }

    /** An operator chooses. */
    void command(PromoteVersion command) {
        ModelVersion chosen = command.getVersion();
        long newest = state.progress().getVersion();
        long now = kept == null ? newest : kept.getVersion();
        boolean erased = holdsErased(chosen.getVersion());
        Optional<Refusal> refusal = Promotions.check(command, state.spec(), state.progress(), now, erased);
        Promotion.Builder decision = Promotions.decision(
                        modelId, refusal, command.getRollback() ? "ROLLBACK" : "OPERATOR")
                .setCommandId(command.getCommandId())
                .setForced(refusal.isEmpty() && erased);
        if (refusal.isPresent()) {
            output.decision(decided(decision.setOutcome("REFUSED"), chosen));
            return;
        }
        Promotion decided = decided(decision.setReason(command.getReason()), chosen);
        state.progress().setPinned(command.getRollback());
        if (!command.getRollback() && state.spec().getPromote() == null && chosen.getVersion() == newest) {
            forget();
        } else {
            keep(chosen, decided);
        }
        state.save();
        output.decision(decided);
        tell();
    }

    private Promotion decided(Promotion.Builder decision, ModelVersion version) {
        return decision.setVersion(version.getVersion())
                .setDigest(version.getDigest())
                .setPrevious(kept == null ? null : Long.valueOf(kept.getVersion()))
                .setHoldsErased(holdsErased(version.getVersion()))
                .setValidation(version.getValidation())
                .setChampion(metrics().map(Champion::message).orElse(null))
                .setDecidedAt(output.now())
                .build();
    }

    private void keep(ModelVersion version, Promotion decided) {
        kept = ModelVersion.newBuilder(version)
                .setCandidate(false)
                .setCandidateReason(null)
                .setPromotion(decided)
                .build();
        measuredAt = -1;
        output.champion(modelId, kept);
        if (version.getWeights() != null
                && version.getVersion() == state.progress().getVersion()
                && judged != null) {
            // Here the parameters are needed to measure them again.
            kept = ModelVersion.newBuilder(kept)
                    .setTheta(Doubles.toBuffer(judged))
                    .build();
        }
        store.put(modelId, kept);
    }

    /** The newest version is the champion again. */
    private void forget() {
        kept = null;
        store.delete(modelId);
        output.champion(modelId, null);
    }

    /** Whether a version was made before data that has been erased since, also if no version is without it yet. */
    private boolean holdsErased(long version) {
        ModelProgress.Builder progress = state.progress();
        return version < progress.getErasedBefore() || progress.getNewestRemoval() > progress.getPublished();
    }

    private void tell() {
        long version = kept == null ? state.progress().getVersion() : kept.getVersion();
        if (version > 0) {
            output.metrics().champion(modelId, version, kept != null && holdsErased(version));
        }
    }

    private static ValidationMetrics message(Metrics metrics) {
        Double accuracy = metrics.accuracy().isPresent() ? metrics.accuracy().getAsDouble() : null;
        return new ValidationMetrics(metrics.rows(), metrics.loss(), accuracy);
    }
}
