package dev.lethe.streams.topology;

import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.topology.Publisher.Content;
import dev.lethe.streams.topology.Publisher.Statement;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.certificate.PrivacyBudget;
import dev.lethe.unlearn.certificate.Ruling;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;

/** Publishes what the model's privacy budget has room for, and keeps account of it; or says what to do instead. */
final class Release {
    /** What became of a version that was to be published. */
    sealed interface Outcome {
        record Published() implements Outcome {}

        record SettleFirst(String code, String reason) implements Outcome {}

        record Refit(String code, String reason) implements Outcome {}

        /** No version can be published under the model's terms. */
        record Impossible(String code, String reason) implements Outcome {}
    }

    private static final Outcome PUBLISHED = new Outcome.Published();

    private final ModelState state;
    private final Objective objective;
    private final PrivacyAccount privacy;
    private final Publisher publisher;
    private final ModelOutput output;
    private final Failures failures;
    private long last;

    /** @param privacy null if the model asks for no claim */
    Release(ModelState state, Objective objective, PrivacyAccount privacy, Publisher publisher, ModelOutput output) {
        this.state = state;
        this.objective = objective;
        this.privacy = privacy;
        this.publisher = publisher;
        this.output = output;
        this.failures = new Failures(state, publisher, output.metrics());
    }

    /** When the last version was published; 0 before the first. */
    long last() {
        return last;
    }

    /** A patch. @param correction of this anchor */
    Outcome patched(Anchor anchor, Correction correction) {
        var statement = new Statement(
                kind(VersionKind.PATCHED),
                Exactness.patched(anchor, correction),
                "one Newton step from the anchor with the factor down-dated exactly",
                null,
                null,
                null);
        return release(correction.theta(), anchor, statement, null);
    }

    /** Imported parameters are a version of their own, with the residual they came with. */
    Outcome imported(Anchor anchor) {
        var exactness = Exactness.measured(anchor, false);
        var statement = new Statement(VersionKind.IMPORTED, exactness, "trained elsewhere", null, null, null);
        return release(anchor.theta(), anchor, statement, null);
    }

    /** The end of a settling. */
    Outcome settled(Anchor anchor, Settling done, boolean atRoundingFloor) {
        var statement = new Statement(
                kind(done.fromScratch() ? VersionKind.REFIT : VersionKind.SETTLED),
                Exactness.measured(anchor, atRoundingFloor),
                done.method(),
                done.code(),
                done.reason(),
                null);
        return release(anchor.theta(), anchor, statement, done);
    }

    /** One Newton step is the minimiser of a quadratic objective, up to rounding. */
    private VersionKind kind(VersionKind otherwise) {
        return objective.family() == Family.RIDGE ? VersionKind.EXACT : otherwise;
    }

    /** @param done the settling whose end this is; null for any other version */
    private Outcome release(double[] theta, Anchor anchor, Statement statement, Settling done) {
        if (privacy == null) {
            return publish(theta, anchor, statement, null);
        }
        Ruling ruling = privacy.rule(statement.exactness(), done != null);
        if (ruling instanceof Ruling.SettleFirst first) {
            return new Outcome.SettleFirst("PRIVACY_BUDGET", first.reason());
        } else if (ruling instanceof Ruling.RefitWithFreshNoise refit) {
            return refit(refit, done);
        }
        return publish(theta, anchor, statement, privacy.record(ruling));
    }

    /** A fit from zero that ends above the budget would end there with any b. */
    private Outcome refit(Ruling.RefitWithFreshNoise ruling, Settling done) {
        if (done != null && done.fromScratch() && ruling.code().equals(PrivacyBudget.RESIDUAL_TOO_LARGE)) {
            return new Outcome.Impossible(
                    ruling.code(), ruling.reason() + ", also after a fit from zero: raise sigma or epsilon");
        }
        privacy.renew();
        return new Outcome.Refit(ruling.code(), ruling.reason());
    }

    private Outcome publish(double[] theta, Anchor anchor, Statement statement, PrivacyStatement claim) {
        last = output.now();
        failures.over();
        publisher.publish(Content.of(theta, anchor, objective), statement, claim);
        return PUBLISHED;
    }

    /** Nothing can be published over the changes up to {@code newest}: every request that waits is told. */
    void fail(String code, String reason, long newest) {
        failures.fail(code, reason, newest);
    }

    /** Whether the model could not follow the newest change. */
    boolean failed(long newest) {
        return failures.failed(newest);
    }
}
