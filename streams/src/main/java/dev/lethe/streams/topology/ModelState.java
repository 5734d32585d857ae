package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.objective.Objective;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.streams.state.KeyValueStore;

/** What a model must remember over a restart, and how an anchor is written to it and read back. */
final class ModelState {
    private final KeyValueStore<String, ModelAnchor> anchors;
    private final KeyValueStore<String, ModelProgress> progresses;
    private final String modelId;
    private ModelAnchor anchor;
    private final ModelProgress.Builder progress;

    private ModelState(
            KeyValueStore<String, ModelAnchor> anchors,
            KeyValueStore<String, ModelProgress> progresses,
            ModelAnchor anchor,
            ModelProgress progress) {
        this.anchors = anchors;
        this.progresses = progresses;
        this.modelId = anchor.getSpec().getModelId();
        this.anchor = anchor;
        this.progress = ModelProgress.newBuilder(progress);
    }

    static ModelState create(
            KeyValueStore<String, ModelAnchor> anchors,
            KeyValueStore<String, ModelProgress> progresses,
            ModelSpec spec) {
        // Only the budget of a claim can be spent by a subject, so only then are subjects told apart.
        ByteBuffer salt = spec.getPrivacy() == null ? null : ByteBuffer.wrap(KeyedHash.newKey());
        var anchor = ModelAnchor.newBuilder().setSpec(spec).setSubjectSalt(salt).build();
        var created = new ModelState(
                anchors, progresses, anchor, ModelProgress.newBuilder().build());
        anchors.put(created.modelId, anchor);
        created.save();
        return created;
    }

    static ModelState load(
            KeyValueStore<String, ModelAnchor> anchors,
            KeyValueStore<String, ModelProgress> progresses,
            ModelAnchor anchor) {
        return new ModelState(
                anchors, progresses, anchor, progresses.get(anchor.getSpec().getModelId()));
    }

    ModelSpec spec() {
        return anchor.getSpec();
    }

    /** Durable with the next {@link #save}. */
    ModelProgress.Builder progress() {
        return progress;
    }

    /** b of the objective, or null. Secret: never published, never logged. */
    double[] perturbation() {
        return array(anchor.getPerturbation());
    }

    /** Key of the subject hashes in changes, or null. */
    ByteBuffer subjectSalt() {
        return anchor.getSubjectSalt();
    }

    String noiseId() {
        return anchor.getNoiseId();
    }

    /**
     * Takes a new b in place of the old one, which is gone with this. The anchor goes too: its gradient holds the old b, and
     * after a restart only a fit with the new one may follow.
     */
    void renew(double[] perturbation, String noiseId) {
        anchor = ModelAnchor.newBuilder(anchor)
                .setTheta(null)
                .setThetaFactor(null)
                .setPerturbation(buffer(perturbation))
                .setNoiseId(noiseId)
                .build();
        anchors.put(modelId, anchor);
        progress.setVersionsOfNoise(0).setSpent(0);
        save();
    }

    void save() {
        progresses.put(modelId, progress.build());
    }

    /** Writes what a fold changed. */
    void save(Anchor from) {
        var s = from.state();
        progress.setGradient(buffer(s.gradient()))
                .setLoss(s.loss())
                .setGradientScale(s.gradientScale())
                .setRows(s.rows())
                .setWeight(s.weight())
                .setMaxNorm(s.maxNorm())
                .setChanges(s.changes())
                .setClassRows(buffer(s.classRows()));
        save();
    }

    /** Writes a new anchor, or an anchor with a new factor. */
    void saveAnchor(Anchor from) {
        var s = from.state();
        anchor = ModelAnchor.newBuilder(anchor)
                .setTheta(buffer(s.theta()))
                .setThetaFactor(buffer(s.thetaFactor()))
                .build();
        anchors.put(modelId, anchor);
        save(from);
    }

    /** Writes a network's parameters. */
    void saveTheta(double[] theta) {
        anchor = ModelAnchor.newBuilder(anchor).setTheta(buffer(theta)).build();
        anchors.put(modelId, anchor);
        save();
    }

    /** A network's parameters as they were saved, or null. */
    double[] theta() {
        return array(anchor.getTheta());
    }

    /** The anchor as it was saved, without its factor; empty before the first pass. */
    Optional<Anchor> restore(Objective objective) {
        if (anchor.getTheta() == null) {
            return Optional.empty();
        }
        return Optional.of(Anchor.restore(
                objective,
                new Anchor.State(
                        array(anchor.getTheta()),
                        array(anchor.getThetaFactor()),
                        array(progress.getGradient()),
                        array(anchor.getPerturbation()),
                        progress.getLoss(),
                        progress.getGradientScale(),
                        progress.getRows(),
                        progress.getWeight(),
                        progress.getMaxNorm(),
                        progress.getChanges(),
                        array(progress.getClassRows()))));
    }

    private static ByteBuffer buffer(double[] values) {
        return values == null ? null : Doubles.toBuffer(values);
    }

    private static double[] array(ByteBuffer buffer) {
        return buffer == null ? null : Doubles.toArray(buffer);
    }
}
