package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.publish.Software;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.objective.Objective;
import java.util.List;

/** Numbers and sends versions, and answers the requests that they hold. */
final class Publisher {
    private final ModelSpec spec;
    private final Objective objective;
    private final ModelState state;
    private final RequestTallies tallies;
    private final ModelOutput output;
    private ModelVersion latest;

    /** What a version says of itself beside its parameters. */
    record Statement(VersionKind kind, Exactness exactness, String method, String reasonCode, String reason) {}

    Publisher(ModelSpec spec, Objective objective, ModelState state, RequestTallies tallies, ModelOutput output) {
        this.spec = spec;
        this.objective = objective;
        this.state = state;
        this.tallies = tallies;
        this.output = output;
    }

    /**
     * Publishes θ as the next version; it holds every change folded so far.
     *
     * @param privacy null if the model asks for no claim
     */
    void publish(double[] theta, Anchor anchor, Statement statement, PrivacyStatement privacy) {
        ModelProgress.Builder progress = state.progress();
        long through = progress.getTailApplied();
        List<RequestTally> held = tallies.held(progress.getVersion() == 0 ? -1 : progress.getPublished(), through);
        var version = ModelVersion.newBuilder()
                .setModelId(spec.getModelId())
                .setDataset(spec.getDataset())
                .setVersion(progress.getVersion() + 1)
                .setParentDigest(progress.getDigest())
                .setDigest(VersionFiles.digest(spec, theta))
                .setKind(statement.kind())
                .setTheta(Doubles.toBuffer(theta))
                .setOutputs(objective.outputs())
                .setColumns(objective.columns())
                .setResidualBound(statement.exactness().residualBound())
                .setResidualMeasured(statement.exactness().residualMeasured())
                .setDistanceBound(statement.exactness().distanceBound())
                .setLocalDistance(statement.exactness().localDistance())
                .setReliedOn(statement.exactness().reliedOn())
                .setRows(anchor.rows())
                .setRowsRefused(progress.getRowsRefused())
                .setChangesSinceAnchor(anchor.changes())
                .setMethod(statement.method())
                .setReasonCode(statement.reasonCode())
                .setReason(statement.reason())
                .setPrivacy(privacy)
                .setRequests(held.size())
                .setRequestPartitions(
                        held.stream().map(RequestTally::getRequestPartition).toList())
                .setRequestOffsets(
                        held.stream().map(RequestTally::getRequestOffset).toList())
                .setSoftware(Software.version())
                .setPlatform(Software.platform())
                .setCreatedAt(output.now())
                .build();
        progress.setVersion(version.getVersion());
        progress.setDigest(version.getDigest());
        progress.setPublished(through);
        state.save();
        latest = version;
        output.publish(version);
    }

    /** Answers every request that the latest version holds; those that wait for settling only once it is settled. */
    void answer(boolean settled) {
        ModelProgress.Builder progress = state.progress();
        if (progress.getVersion() == 0) {
            return;
        }
        tallies.remove(t ->
                        t.getThrough() <= progress.getPublished() && (settled || t.getUntil() != SettleUntil.SETTLED))
                .forEach(t -> output.notice(t, notice(t, null, null)));
    }

    /** Tells every complete request that this model cannot hold it. */
    void fail(String code, String reason) {
        tallies.remove(t -> true).forEach(t -> output.notice(t, notice(t, code, reason)));
    }

    private ModelNotice notice(RequestTally tally, String failureCode, String failure) {
        ModelProgress.Builder progress = state.progress();
        var notice = ModelNotice.newBuilder()
                .setRequestId(tally.getRequestId())
                .setModelId(spec.getModelId())
                .setReasonCode(failureCode)
                .setReason(failure);
        if (failureCode == null) {
            notice.setVersion(progress.getVersion()).setDigest(progress.getDigest());
            if (latest != null) {
                notice.setKind(latest.getKind())
                        .setResidualBound(latest.getResidualBound())
                        .setResidualMeasured(latest.getResidualMeasured())
                        .setDistanceBound(latest.getDistanceBound())
                        .setReasonCode(latest.getReasonCode())
                        .setReason(latest.getReason())
                        .setPrivacy(latest.getPrivacy());
            }
        }
        return notice.build();
    }
}
