package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.topology.Publisher.Statement;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.certificate.PrivacyBudget;
import dev.lethe.unlearn.certificate.Ruling;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.objective.Family;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes what the model's privacy budget has room for, and keeps account of it; or says what to do instead. */
final class Release {
    private static final Logger LOG = LoggerFactory.getLogger(Release.class);

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
    private final Family family;
    private final PrivacyAccount privacy;
    private final Publisher publisher;
    private final ModelOutput output;
    private long last;
    /** Newest change when the model could not follow: until another comes, trying again is pointless. */
    private long failedAt = -1;

    /** @param privacy null if the model asks for no claim */
    Release(ModelState state, Family family, PrivacyAccount privacy, Publisher publisher, ModelOutput output) {
        this.state = state;
        this.family = family;
        this.privacy = privacy;
        this.publisher = publisher;
        this.output = output;
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
                null);
        return release(correction.theta(), anchor, statement, null);
    }

    /** Imported parameters are a version of their own, with the residual they came with. */
    Outcome imported(Anchor anchor) {
        var exactness = Exactness.measured(anchor, false);
        var statement = new Statement(VersionKind.IMPORTED, exactness, "trained elsewhere", null, null);
        return release(anchor.theta(), anchor, statement, null);
    }

    /** The end of a settling. */
    Outcome settled(Anchor anchor, Settling done, boolean atRoundingFloor) {
        var statement = new Statement(
                kind(done.fromScratch() ? VersionKind.REFIT : VersionKind.SETTLED),
                Exactness.measured(anchor, atRoundingFloor),
                done.method(),
                done.code(),
                done.reason());
        return release(anchor.theta(), anchor, statement, done);
    }

    /** One Newton step is the minimiser of a quadratic objective, up to rounding. */
    private VersionKind kind(VersionKind otherwise) {
        return family == Family.RIDGE ? VersionKind.EXACT : otherwise;
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
        state.progress().setFailureCode(null);
        state.progress().setFailure(null);
        publisher.publish(theta, anchor, statement, claim);
        return PUBLISHED;
    }

    /** Nothing can be published over the changes up to {@code newest}: every request that waits is told. */
    void fail(String code, String reason, long newest) {
        ModelSpec spec = state.spec();
        LOG.atError()
                .addKeyValue("model", spec.getModelId())
                .addKeyValue("code", code)
                .log("the model cannot follow: {}", reason);
        state.progress().setFailureCode(code);
        state.progress().setFailure(reason);
        state.save();
        failedAt = newest;
        publisher.fail(code, reason);
    }

    /** Whether the model could not follow the newest change. */
    boolean failed(long newest) {
        return state.progress().getFailureCode() != null && failedAt == newest;
    }
}
