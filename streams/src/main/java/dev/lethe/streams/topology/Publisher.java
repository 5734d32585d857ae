package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.NetworkEvidence;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.publish.Software;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;
import java.util.List;

/** Numbers and sends versions, and answers the requests that they hold. */
final class Publisher {
    private final ModelSpec spec;
    private final ModelState state;
    private final RequestTallies tallies;
    private final Champion champion;
    private final ModelOutput output;
    private ModelVersion latest;
    /** Of the factor of the latest version: many share one. */
    private double[] thetaFactor;

    private String factorDigest;

    /**
     * What a version consists of.
     *
     * @param theta outputs × columns. Not modified.
     * @param rows retained ones
     * @param changes since the anchor, or the refit
     * @param thetaFactor where the inverse curvature was built; null: there is none. Not modified.
     */
    record Content(double[] theta, int outputs, int columns, long rows, long changes, double[] thetaFactor) {
        /** Of a linear model. */
        static Content of(double[] theta, Anchor anchor, Objective objective) {
            return new Content(
                    theta,
                    objective.outputs(),
                    objective.columns(),
                    anchor.rows(),
                    anchor.changes(),
                    anchor.thetaFactor());
        }
    }

    /**
     * What a version says of itself beside its parameters.
     *
     * @param evidence null unless it is a network's
     */
    record Statement(
            VersionKind kind,
            Exactness exactness,
            String method,
            String reasonCode,
            String reason,
            NetworkEvidence evidence) {}

    Publisher(ModelSpec spec, ModelState state, RequestTallies tallies, Champion champion, ModelOutput output) {
        this.spec = spec;
        this.state = state;
        this.tallies = tallies;
        this.champion = champion;
        this.output = output;
    }

    /**
     * Publishes the next version; it holds every change folded so far.
     *
     * @param privacy null if the model asks for no claim
     */
    void publish(Content content, Statement statement, PrivacyStatement privacy) {
        ModelProgress.Builder progress = state.progress();
        long through = progress.getTailApplied();
        List<RequestTally> held = tallies.list(through);
        String digest = VersionFiles.digest(spec, content.theta());
        String reference = output.outbox().reference(spec.getModelId(), digest);
        var builder = ModelVersion.newBuilder()
                .setModelId(spec.getModelId())
                .setDataset(spec.getDataset())
                .setVersion(progress.getVersion() + 1)
                .setParentDigest(progress.getDigest())
                .setDigest(digest)
                .setKind(statement.kind())
                .setTheta(Doubles.toBuffer(reference == null ? content.theta() : new double[0]))
                .setWeights(reference)
                .setOutputs(content.outputs())
                .setColumns(content.columns())
                .setResidualBound(statement.exactness().residualBound())
                .setResidualMeasured(statement.exactness().residualMeasured())
                .setDistanceBound(statement.exactness().distanceBound())
                .setLocalDistance(statement.exactness().localDistance())
                .setReliedOn(statement.exactness().reliedOn())
                .setRows(content.rows())
                .setRowsRefused(progress.getRowsRefused())
                .setChangesSinceAnchor(content.changes())
                .setMethod(statement.method())
                .setReasonCode(statement.reasonCode())
                .setReason(statement.reason())
                .setPrivacy(privacy)
                .setEvidence(statement.evidence())
                .setFactorDigest(factorDigest(content.thetaFactor()))
                .setRequests(held.size())
                .setRequestPartitions(
                        held.stream().map(RequestTally::getRequestPartition).toList())
                .setRequestOffsets(
                        held.stream().map(RequestTally::getRequestOffset).toList())
                .setSoftware(Software.version())
                .setPlatform(Software.platform())
                .setCreatedAt(output.now());
        champion.judge(builder, content.theta(), through);
        ModelVersion version = builder.build();
        progress.setVersion(version.getVersion());
        progress.setDigest(version.getDigest());
        progress.setPublished(through);
        state.save();
        latest = version;
        output.publish(version);
        champion.published(version);
    }

    private String factorDigest(double[] theta) {
        if (theta != null && !Arrays.equals(theta, thetaFactor)) {
            factorDigest = VersionFiles.digest(spec, theta);
        } else if (theta == null) {
            factorDigest = null;
        }
        thetaFactor = theta;
        return factorDigest;
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

    /** Tells those that wait for settling that it failed. */
    void failSettling(String code, String reason) {
        tallies.remove(t -> t.getUntil() == SettleUntil.SETTLED)
                .forEach(t -> output.notice(t, notice(t, code, reason)));
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
                        .setPrivacy(latest.getPrivacy())
                        .setEvidence(latest.getEvidence());
            }
        }
        return notice.build();
    }
}
