package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.streams.publish.VersionFiles;
import java.util.Optional;

/** The rules of choosing a champion by hand. Pure. */
final class Promotions {

    /** Why a version does not become the champion. */
    record Refusal(String code, String reason) {}

    private Promotions() {}

    /** A decision without its version. */
    static Promotion.Builder decision(String modelId, Optional<Refusal> refusal, String decidedBy) {
        return Promotion.newBuilder()
                .setModelId(modelId)
                .setOutcome(refusal.isPresent() ? "WAITS" : "PROMOTED")
                .setDecidedBy(decidedBy)
                .setReasonCode(refusal.map(Refusal::code).orElse(null))
                .setReason(refusal.map(Refusal::reason).orElse(null));
    }

    /**
     * Why a command cannot be followed, if so.
     *
     * @param champion version of the champion now
     * @param erased whether the chosen version holds data that was erased since
     */
    static Optional<Refusal> check(
            PromoteVersion command, ModelSpec spec, ModelProgress.Builder progress, long champion, boolean erased) {
        return isWhole(command.getVersion(), spec, progress)
                .or(() -> inOrder(command, spec, progress, champion))
                .or(() -> erased ? mayHoldErased(command) : Optional.empty());
    }

    private static Optional<Refusal> isWhole(ModelVersion version, ModelSpec spec, ModelProgress.Builder progress) {
        boolean newest = version.getVersion() == progress.getVersion();
        boolean known = version.getModelId().equals(spec.getModelId()) && version.getVersion() <= progress.getVersion();
        if (!known || newest && !version.getDigest().equals(progress.getDigest())) {
            return Optional.of(new Refusal(
                    "UNKNOWN_VERSION",
                    "version " + version.getVersion() + " is none of model " + spec.getModelId() + ", whose newest is "
                            + progress.getVersion()));
        }
        if (version.getWeights() != null) {
            // Whoever takes the file from the store checks its digest.
            return Optional.empty();
        }
        String digest = VersionFiles.digest(spec, Doubles.toArray(version.getTheta()));
        return digest.equals(version.getDigest())
                ? Optional.empty()
                : Optional.of(new Refusal(
                        "BAD_DIGEST",
                        "version " + version.getVersion() + ": its digest is not that of its parameters"));
    }

    private static Optional<Refusal> inOrder(
            PromoteVersion command, ModelSpec spec, ModelProgress.Builder progress, long champion) {
        long version = command.getVersion().getVersion();
        boolean older = version < champion;
        if (command.getRollback()) {
            return older
                    ? Optional.empty()
                    : refusal("NOT_OLDER", "expected a version before the champion, ", champion, version);
        }
        boolean pinned = progress.getPinned();
        if (older || version == champion && !pinned) {
            return refusal(
                    "NOT_NEWER", "expected a version after the champion (older ones: rollback), ", champion, version);
        }
        boolean gated = spec.getPromote() != null;
        return gated || version == progress.getVersion()
                ? Optional.empty()
                : refusal(
                        "NOT_NEWEST", "the model has no gate, so only its newest can be promoted, ", champion, version);
    }

    private static Optional<Refusal> refusal(String code, String rule, long champion, long version) {
        return Optional.of(new Refusal(code, rule + "which is " + champion + ", got " + version));
    }

    private static Optional<Refusal> mayHoldErased(PromoteVersion command) {
        boolean reasoned = command.getReason() != null && !command.getReason().isBlank();
        return command.getForce() && reasoned
                ? Optional.empty()
                : Optional.of(new Refusal(
                        "HOLDS_ERASED_DATA",
                        "version " + command.getVersion().getVersion()
                                + " was made before data that has been erased since: choose a newer one, or force it"
                                + " with a reason, which is recorded"));
    }
}
