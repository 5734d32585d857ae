package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkEvidence;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.topology.Publisher.Content;
import dev.lethe.streams.topology.Publisher.Statement;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.network.Drift;
import dev.lethe.unlearn.network.Evidence;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.Network;
import java.util.List;

/** Publishes a network's versions, each with its evidence, and keeps account of what has come since the last refit. */
final class NetworkRelease {
    private final ModelState state;
    private final Publisher publisher;
    private final Failures failures;

    NetworkRelease(ModelState state, Publisher publisher, Failures failures) {
        this.state = state;
        this.publisher = publisher;
        this.failures = failures;
    }

    /**
     * A version.
     *
     * @param through last entry of the tail that is in it
     * @param drift with this version in it
     */
    record Next(Network network, KeptRows kept, Evidence evidence, int forgotten, Drift drift, long through) {}

    /** Whether the newest version is a refit, up to the newest change. */
    boolean settled(long newest) {
        return state.progress().getSettled() && state.progress().getPublished() >= newest;
    }

    /** What has come since the last refit. */
    Drift drift(KeptRows kept) {
        ModelProgress.Builder progress = state.progress();
        return new Drift(
                progress.getChanges(),
                kept.trainingRows(),
                progress.getForgotten(),
                progress.getMembershipSum(),
                kept.heldOutSample(),
                progress.getPredictionChange(),
                number(progress.getRefitValidationLoss()));
    }

    /** Trained elsewhere. */
    void imported(Next next) {
        publish(
                next,
                statement(
                        next,
                        VersionKind.IMPORTED,
                        "trained elsewhere",
                        List.of("rows held out here may have been trained on elsewhere")));
    }

    /** A patch; a refit may follow it. */
    void patched(Next next) {
        String method = "Gauss-Newton steps by conjugate gradients on a kept curvature sample";
        publish(next, statement(next, VersionKind.PATCHED, method, List.of()));
    }

    /** The end of a refit. @param behind changes that came during it and were patched on */
    void refitted(Next next, int behind) {
        String method =
                "trained from its samples, seed " + state.spec().getNetwork().getSeed()
                        + (behind == 0 ? "" : "; then patched by " + behind + " changes that came meanwhile");
        ModelProgress.Builder progress = state.progress();
        progress.setSettled(behind == 0);
        Statement statement = statement(next, behind == 0 ? VersionKind.REFIT : VersionKind.PATCHED, method, List.of());
        progress.setRefitDue(false).setRefitHolds(false).setRefitCode(null).setRefitReason(null);
        publish(next, statement);
    }

    private void publish(Next next, Statement statement) {
        ModelProgress.Builder progress = state.progress();
        progress.setSettled(statement.kind() == VersionKind.REFIT);
        progress.setTailApplied(next.through);
        progress.setChanges(next.drift.changes());
        progress.setForgotten(next.drift.forgotten());
        progress.setMembershipSum(next.drift.membershipSum());
        progress.setPredictionChange(next.drift.predictionChange());
        progress.setRefitValidationLoss(orNull(next.drift.refitValidationLoss()));
        progress.setRowsRefused(next.kept.misfits());
        failures.over();
        double[] theta = next.network.theta();
        state.saveTheta(theta);
        long rows = next.kept.trainingRows() + next.kept.heldOutRows();
        publisher.publish(new Content(theta, 1, theta.length, rows, next.drift.changes(), null), statement, null);
    }

    private Statement statement(Next next, VersionKind kind, String method, List<String> reliedOn) {
        ModelSpec spec = state.spec();
        List<String> all = new java.util.ArrayList<>(reliedOn);
        all.add("evidence, not proof: measured on at most " + spec.getNetwork().getSample() + " rows of each kind");
        boolean refit = kind != VersionKind.IMPORTED && state.progress().getRefitDue();
        return new Statement(
                kind,
                new Exactness(null, null, null, null, null, all),
                method,
                refit ? state.progress().getRefitCode() : null,
                refit ? state.progress().getRefitReason() : null,
                evidence(next));
    }

    private static NetworkEvidence evidence(Next next) {
        Evidence measured = next.evidence;
        return NetworkEvidence.newBuilder()
                .setForgetLoss(orNull(measured.forgetLoss()))
                .setRetainedLoss(orNull(measured.retainedLoss()))
                .setValidationLoss(orNull(measured.validationLoss()))
                .setValidationAccuracy(orNull(measured.validationAccuracy()))
                .setPredictionChange(orNull(measured.predictionChange()))
                .setMembershipAuc(orNull(measured.membershipAuc()))
                .setForgotten(next.forgotten)
                .setValidationRows(next.kept.heldOutSample())
                .setChangesSinceRefit(next.drift.changes())
                .setPredictionChangeSinceRefit(orNull(next.drift.predictionChange()))
                .setMembershipAucSinceRefit(orNull(next.drift.membershipAuc()))
                .build();
    }

    private static Double orNull(double value) {
        return Double.isNaN(value) ? null : value;
    }

    private static double number(Double value) {
        return value == null ? Double.NaN : value;
    }
}
