package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.TailEntry;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.streams.topology.Publisher.Statement;
import dev.lethe.streams.topology.Settling.Start;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.certificate.PrivacyBudget;
import dev.lethe.unlearn.certificate.Ruling;
import dev.lethe.unlearn.certificate.Screening;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.Settler;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model in its task: folds changes, and decides with the guard and the model's policy when a patch may be published
 * and when the model settles first. All on the stream thread.
 */
final class ModelRuntime implements Passes.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRuntime.class);
    /** Under a steady flow of changes the quiet moment never comes: settle then after this many. */
    private static final long CHANGES_WITHOUT_SETTLING = 4096;
    /** What a pass adds up for a factor. */
    private static final Wanted FACTOR = new Wanted(true, true, false, null);
    /** Versions follow each other at this distance at least while there is a backlog. */
    private static final long VERSION_GAP_MS = 5;
    /** Changes that belong to no complete request are published after this time without a change. */
    private static final long PARTIAL_MS = 50;

    private final ModelSpec spec;
    private final Objective objective;
    private final ModelState state;
    private final Tail tail;
    private final RequestTallies tallies;
    private final ModelOutput output;
    private final Publisher publisher;
    private final Passes passes;
    private final PrivacyAccount privacy;
    private final TopologySettings settings;

    private Anchor anchor;
    private Settling settling;
    /** A subject took too much of the budget since the last settling. */
    private Screening.Outcome.SettleFirst screened;

    private long lastChange;
    private long lastPublication;
    /** Newest change when the model could not follow: until another comes, trying again is pointless. */
    private long failedAt = -1;

    ModelRuntime(
            ModelState state,
            Tail tail,
            RequestTallies tallies,
            ModelOutput output,
            Worker worker,
            TopologySettings settings) {
        this.state = state;
        this.spec = state.spec();
        this.objective = Specs.objective(spec);
        this.tail = tail;
        this.tallies = tallies;
        this.output = output;
        this.settings = settings;
        this.publisher = new Publisher(spec, objective, state, tallies, output);
        this.passes = new Passes(state, objective, settings.shards(), output, worker, this);
        this.privacy = PrivacyAccount.of(state);
        this.lastChange = output.now();
    }

    /** Begins where the stored state ends: with a first fit, or with a pass that rebuilds the factor. */
    void begin() {
        anchor = state.restore(objective).orElse(null);
        if (anchor == null || state.progress().getVersion() == 0) {
            fit(null, null);
        } else if (anchor.state().thetaFactor() != null) {
            passes.issue(new Question(Purpose.REBUILD, anchor.state().thetaFactor(), FACTOR));
        }
    }

    void change(Change change) {
        if (change.getBefore() != null || change.getAfter() != null) {
            tail.append(new TailEntry(change.getShard(), change.getBefore(), change.getAfter(), change.getSubject()));
            lastChange = output.now();
        }
        boolean complete = change.getPartDone() && tallies.done(change, tail.last());
        boolean idle = output.now() - lastPublication >= VERSION_GAP_MS;
        if (tail.pending() >= settings.batch() || complete && idle) {
            advance();
        }
    }

    void cut(Cut cut) {
        passes.cut(cut, tail.last());
    }

    void statistics(ShardStatistics statistics) {
        passes.statistics(statistics);
    }

    void tick() {
        advance();
        passes.tick();
        if (settling == null && !passes.inFlight()) {
            rest();
        }
    }

    /** Nothing is under way: is there a reason to begin something? */
    private void rest() {
        ModelProgress.Builder progress = state.progress();
        if (failed()) {
            publisher.fail(progress.getFailureCode(), progress.getFailure());
        } else if (progress.getVersion() == 0) {
            fit(null, null);
        } else if (settled()) {
            publisher.answer(true);
            refresh();
        } else if (tallies.anyWaitsForSettling() || settlesByItself()) {
            settle(false);
        }
    }

    /** Renews a factor in which rounding has grown. */
    private void refresh() {
        if (anchor.refreshDue()) {
            passes.issue(new Question(Purpose.REBUILD, anchor.state().thetaFactor(), FACTOR));
        }
    }

    private boolean settlesByItself() {
        boolean quiet = output.now() - lastChange >= settings.settleQuiet().toMillis();
        return spec.getSettle() == SettlePolicy.AUTO
                && state.progress().getFailureCode() == null
                && (quiet || anchor.changes() >= CHANGES_WITHOUT_SETTLING);
    }

    private boolean settled() {
        return state.progress().getSettled() && anchor.changes() == 0 && tail.pending() == 0;
    }

    private boolean failed() {
        return state.progress().getFailureCode() != null && failedAt == tail.last();
    }

    /** Folds what is pending and publishes if there is something to publish and nothing forbids it. */
    private void advance() {
        if (anchor == null || failed()) {
            return;
        }
        fold();
        if (settling != null && settling.holds()
                || passes.rebuilding()
                || state.progress().getVersion() == 0) {
            return;
        }
        boolean unpublished = state.progress().getPublished() < state.progress().getTailApplied();
        if (!unpublished) {
            publisher.answer(settled());
        } else if (tallies.anyWaiting() || output.now() - lastChange >= PARTIAL_MS) {
            correct();
        }
    }

    private void fold() {
        if (tail.pending() == 0) {
            return;
        }
        while (tail.pending() > 0) {
            var taken = tail.take(settings.batch());
            List<RowChange> changes = taken.stream().map(Tail.Entry::change).toList();
            screen(taken);
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            state.progress().setTailApplied(taken.get(taken.size() - 1).number());
        }
        if (!passes.inFlight()) {
            tail.dropKept();
        }
        state.save(anchor);
    }

    private void screen(List<Tail.Entry> taken) {
        if (privacy != null && anchor.hasFactor() && screened == null) {
            screened = privacy.screen(anchor, taken).orElse(null);
        }
    }

    /** Publishes the anchor form's θ if the guard trusts it. */
    private void correct() {
        if (!DenseFactor.fits(objective)) {
            settle(true);
            return;
        }
        if (!anchor.hasFactor()) {
            settleFirst("NO_FACTOR", "the cached factor could not be down-dated: fresh curvature first");
            return;
        }
        if (screened != null) {
            settleFirst(screened.code(), screened.reason());
            return;
        }
        Correction correction = anchor.correct();
        Verdict verdict = correction.verdict();
        if (verdict instanceof Verdict.SettleFirst first) {
            settleFirst(first.code(), first.reason());
        } else if (verdict instanceof Verdict.Refit refit) {
            fit(refit.code(), refit.reason());
        } else if (spec.getSettle() == SettlePolicy.EACH_BATCH) {
            settle(true);
        } else {
            var exactness = Exactness.patched(anchor, correction);
            String method = "one Newton step from the anchor with the factor down-dated exactly";
            release(correction.theta(), new Statement(kind(VersionKind.PATCHED), exactness, method, null, null), null);
        }
    }

    /** One Newton step is the minimiser of a quadratic objective, up to rounding. */
    private VersionKind kind(VersionKind otherwise) {
        return objective.family() == Family.RIDGE ? VersionKind.EXACT : otherwise;
    }

    /**
     * Publishes θ, if the model's privacy budget has room for it.
     *
     * @param done the settling whose end this is; null for a patch
     */
    private void release(double[] theta, Statement statement, Settling done) {
        if (privacy == null) {
            publish(theta, statement, null);
            return;
        }
        Ruling ruling = privacy.rule(statement.exactness(), done != null);
        if (ruling instanceof Ruling.SettleFirst first) {
            settleFirst("PRIVACY_BUDGET", first.reason());
        } else if (ruling instanceof Ruling.RefitWithFreshNoise refit) {
            refit(refit, done);
        } else {
            publish(theta, statement, privacy.record(ruling));
        }
    }

    /** A fit from zero that ends above the budget would end there with any b. */
    private void refit(Ruling.RefitWithFreshNoise ruling, Settling done) {
        if (done != null && done.fromScratch() && ruling.code().equals(PrivacyBudget.RESIDUAL_TOO_LARGE)) {
            failed(ruling.code(), ruling.reason() + ", also after a fit from zero: raise sigma or epsilon");
        } else {
            privacy.renew();
            fit(ruling.code(), ruling.reason());
        }
    }

    private void publish(double[] theta, Statement statement, PrivacyStatement claim) {
        lastPublication = output.now();
        state.progress().setFailureCode(null);
        state.progress().setFailure(null);
        publisher.publish(theta, anchor, statement, claim);
        publisher.answer(settled());
    }

    private void fit(String code, String reason) {
        boolean imported = spec.getInitial() != null && code == null;
        double[] from = imported ? Doubles.toArray(spec.getInitial()) : new double[objective.parameters()];
        begin(new Settling(Settler.first(objective, from), imported ? Start.IMPORTED : Start.ZERO, true, code, reason));
    }

    /** Settles with the kept factor. */
    private void settle(boolean hold) {
        if (settling == null) {
            begin(new Settling(Settler.from(anchor, false), Start.ANCHOR, hold, null, null));
        } else if (hold) {
            settling.hold(settling.code(), settling.reason());
        }
    }

    /** The patch is not published as it is: fresh curvature, and publication waits for the end. */
    private void settleFirst(String code, String reason) {
        if (settling == null) {
            begin(new Settling(Settler.from(anchor, true), Start.ANCHOR, true, code, reason));
        } else {
            settling.hold(code, reason);
        }
    }

    private void begin(Settling next) {
        settling = next;
        act(next.settler().begin());
    }

    private void act(Settler.Step step) {
        if (step instanceof Settler.Step.Evaluate evaluate) {
            var plain = new Wanted(false, false, evaluate.preconditioner(), null);
            passes.issue(new Question(Purpose.SETTLE, evaluate.theta(), evaluate.curvature() ? FACTOR : plain));
        } else if (step instanceof Settler.Step.Multiply multiply) {
            var product = new Wanted(false, false, false, multiply.direction());
            passes.issue(new Question(Purpose.MULTIPLY, multiply.theta(), product));
        } else if (step instanceof Settler.Step.Settled done) {
            finished(done.atRoundingFloor());
        } else if (step instanceof Settler.Step.GiveUp up) {
            failed(up.code(), up.reason());
        }
    }

    @Override
    public void answered(PassInFlight pass, Sums sums, Consumer<Anchor> built) {
        List<RowChange> behind = changesBehind(pass);
        if (pass.purpose() == Purpose.REBUILD) {
            built.accept(anchor);
            anchor.foldFactor(behind);
            return;
        }
        if (pass.purpose() == Purpose.MULTIPLY) {
            act(settling.settler().product(anchor, sums.product()));
            return;
        }
        Anchor candidate = Anchor.at(objective, pass.theta(), state.perturbation(), sums);
        built.accept(candidate);
        candidate.foldGradient(behind);
        candidate.foldFactor(behind);
        decide(candidate);
    }

    /** Brings the old anchor up to today and gives the changes that are not in the pass's sums. */
    private List<RowChange> changesBehind(PassInFlight pass) {
        if (anchor != null) {
            fold();
        } else if (tail.pending() > 0) {
            var taken = tail.take(Integer.MAX_VALUE);
            state.progress().setTailApplied(taken.get(taken.size() - 1).number());
        }
        List<RowChange> behind = tail.kept(pass::behindCut);
        tail.dropKept();
        return behind;
    }

    private void decide(Anchor candidate) {
        boolean freshStart = settling.firstEvaluation() && settling.fromScratch();
        var decision = settling.settler().next(freshStart ? null : anchor, candidate);
        anchor = decision.survivor(anchor, candidate);
        if (decision.accept()) {
            moved();
        }
        if (freshStart && settling.start() == Start.IMPORTED) {
            imported(decision.step());
        } else {
            act(decision.step());
        }
    }

    private void moved() {
        state.progress().setSettled(false);
        state.saveAnchor(anchor);
    }

    /** Imported parameters are a version of their own, with the residual they came with. */
    private void imported(Settler.Step next) {
        var exactness = Exactness.measured(anchor, false);
        release(anchor.theta(), new Statement(VersionKind.IMPORTED, exactness, "trained elsewhere", null, null), null);
        if (spec.getSettle() == SettlePolicy.NEVER) {
            settling = null;
        } else {
            act(next);
        }
    }

    private void finished(boolean atRoundingFloor) {
        Settling done = settling;
        settling = null;
        state.progress().setSettled(true);
        screened = null;
        if (privacy != null) {
            privacy.settled();
        }
        state.progress().setAtRoundingFloor(atRoundingFloor);
        state.save();
        if (anchor.changes() > 0) {
            correct();
            return;
        }
        VersionKind kind = kind(done.fromScratch() ? VersionKind.REFIT : VersionKind.SETTLED);
        var exactness = Exactness.measured(anchor, atRoundingFloor);
        release(anchor.theta(), new Statement(kind, exactness, done.method(), done.code(), done.reason()), done);
    }

    @Override
    public void singular(PassInFlight pass, Sums sums, String reason) {
        if (sums.rows() > 0 || settling == null) {
            failed("SINGULAR_CURVATURE", reason);
            return;
        }
        // Without samples an unpenalised direction has no curvature; zero parameters are the convention then.
        List<RowChange> behind = changesBehind(pass);
        double[] zero = new double[objective.parameters()];
        Anchor empty = Anchor.at(objective, zero, state.perturbation(), Sums.empty(objective, false, false));
        empty.foldGradient(behind);
        close();
        anchor = empty;
        moved();
        finished(false);
    }

    @Override
    public void failed(String code, String reason) {
        boolean again = settling != null && !settling.fromScratch() && !code.equals("SINGULAR_CURVATURE");
        settling = null;
        passes.cancel();
        if (again) {
            fit(code, "settling failed (" + reason + "): fitted again from zero");
            return;
        }
        LOG.atError()
                .addKeyValue("model", spec.getModelId())
                .addKeyValue("code", code)
                .log("the model cannot follow: {}", reason);
        state.progress().setFailureCode(code);
        state.progress().setFailure(reason);
        state.save();
        failedAt = tail.last();
        publisher.fail(code, reason);
    }

    @Override
    public void close() {
        if (anchor != null) {
            anchor.close();
        }
    }
}
