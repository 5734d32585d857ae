package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Release.Outcome;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;
import java.time.Duration;

/**
 * One model in its task: decides with the guard and the model's policy when a patch may be published and when the model
 * settles first. All on the stream thread.
 */
final class ModelRuntime implements LiveModel, SettleLoop.Listener {
    /** Between looks at unfinished work. */
    private static final long SOON_MS = 5;
    /** Changes that belong to no complete request are published after this time without a change. */
    private static final long PARTIAL_MS = 50;
    /** Between looks at a pass under way, at the factor's snapshot, and at a quiet model. */
    private static final long IDLE_MS = 250;
    /** What one look can add to a quiet time: a task that did not run, and has records waiting, has not seen quiet. */
    private static final long LOOK_MS = 100;

    private final ModelSpec spec;
    private final Objective objective;
    private final ModelState state;
    private final Tail tail;
    private final RequestTallies tallies;
    private final Validation validation;
    private final Champion champion;
    private final ModelOutput output;
    private final TopologySettings settings;
    private final PrivacyAccount privacy;
    private final Publisher publisher;
    private final Release release;
    private final LiveAnchor anchor;
    private final SettleLoop loop;
    private final FactorKeeper factor;
    private final Inquiries inquiries;
    private final Arrivals arrivals;

    private long lastLook;
    /** How long no change has come, as far as it was looked. */
    private long quiet;

    private boolean refreshAsked;
    /** The factor of the stored state is being rebuilt. */
    private boolean loading;

    ModelRuntime(
            ModelState state,
            Tail tail,
            RequestTallies tallies,
            Validation validation,
            Champion champion,
            ModelOutput output,
            Worker worker,
            TopologySettings settings) {
        this.state = state;
        this.spec = state.spec();
        this.objective = Specs.objective(spec);
        this.tail = tail;
        this.tallies = tallies;
        this.validation = validation;
        this.champion = champion;
        this.output = output;
        this.settings = settings;
        this.privacy = PrivacyAccount.of(state);
        this.publisher = new Publisher(spec, state, tallies, champion, output);
        this.release = new Release(state, objective, privacy, publisher, output);
        this.anchor = new LiveAnchor(objective, state, tail, privacy, settings.batch(), settings.patching());
        this.loop = new SettleLoop(anchor, state, output, worker, settings, this);
        this.factor = new FactorKeeper(settings.factors(), spec.getModelId(), anchor, worker, settings.batch());
        this.inquiries = new Inquiries(state, anchor, Specs.mapper(spec), output, worker, settings);
        this.arrivals = new Arrivals(tail, tallies, champion, output);
    }

    @Override
    public ScoreKeeping scores() {
        return inquiries.scores();
    }

    @Override
    public void ask(InfluenceQuestion question) {
        inquiries.ask(question);
    }

    /** Begins where the stored state ends: with a first fit, or with the factor out of its snapshot or by a pass. */
    @Override
    public void begin() {
        if (anchor.get() == null || state.progress().getVersion() == 0) {
            firstFit();
        } else if (anchor.get().thetaFactor() != null) {
            loading(true);
            factor.restore(loop::rebuildFactor);
        }
    }

    private void loading(boolean now) {
        loading = now;
        settings.metrics().loading(spec.getModelId(), now);
    }

    @Override
    public void change(Change change) {
        if (!validation.change(change) && arrivals.append(change, null)) {
            quiet = 0;
            lastLook = output.now();
        }
        arrivals.count(change);
        if (change.getRequestId() != null && tallies.anyWaiting()) {
            // A version follows at the end of the transaction.
            Transaction.current().produced();
        }
        if (tail.pending() >= settings.batch() && foldable()) {
            anchor.fold(!loop.idle());
        }
    }

    private boolean foldable() {
        return anchor.get() != null && !factor.restoring() && !loop.holdsChanges() && !release.failed(tail.last());
    }

    /** All that came in the transaction goes into one version. */
    @Override
    public void commit() {
        if (tail.pending() > 0 || tallies.anyWaiting()) {
            advance();
        }
        arrivals.flush();
    }

    @Override
    public void promote(PromoteVersion command) {
        champion.command(command);
    }

    @Override
    public void cut(Cut cut) {
        loop.cut(cut);
        inquiries.cut(cut);
    }

    @Override
    public void statistics(ShardStatistics statistics) {
        loop.statistics(statistics);
        inquiries.statistics(statistics);
    }

    @Override
    public void tick() {
        look();
        advance();
        loop.tick();
        if (loading && anchor.get().hasFactor()) {
            loading(false);
        }
        factor.tick(output.now(), arrivals.lastChange(), loop.passInFlight());
        if (loop.idle() && !factor.restoring()) {
            rest();
        }
        inquiries.tick(atRest(), loop.idle());
    }

    private void look() {
        long now = output.now();
        // A clock that jumps, to either side, counts for one look at most.
        quiet += Math.max(0, Math.min(now - lastLook, LOOK_MS));
        lastLook = now;
    }

    /** Whether the anchor is what was last published. */
    private boolean atRest() {
        ModelProgress.Builder progress = state.progress();
        return anchor.get() != null
                && progress.getVersion() > 0
                && progress.getPublished() >= tail.last()
                && !factor.restoring()
                && !loop.holdsPublication();
    }

    /** A new factor is asked for, whatever the present one is like. */
    @Override
    public void refreshFactor() {
        refreshAsked = true;
    }

    @Override
    public Duration nextTick() {
        boolean waiting = tallies.anyWaiting() && !loop.holdsPublication();
        boolean unfolded = tail.pending() > 0 && !loop.holdsChanges() && !release.failed(tail.last());
        if (waiting || unfolded || factor.restoring() || refreshAsked || inquiries.waiting()) {
            return Duration.ofMillis(SOON_MS);
        }
        boolean published = state.progress().getPublished() >= tail.last();
        long due = published
                ? settings.settleQuiet().toMillis() - quiet
                : arrivals.lastChange() + PARTIAL_MS - output.now();
        return Duration.ofMillis(due > 0 ? Math.min(due, LOOK_MS) : published ? IDLE_MS : SOON_MS);
    }

    /** Nothing is under way: is there a reason to begin something? */
    private void rest() {
        ModelProgress.Builder progress = state.progress();
        if (release.failed(tail.last())) {
            publisher.fail(progress.getFailureCode(), progress.getFailure());
        } else if (progress.getVersion() == 0) {
            firstFit();
        } else if (refreshAsked) {
            refresh();
        } else if (settled()) {
            publisher.answer(true);
            if (anchor.get().refreshDue()) {
                loop.rebuildFactor();
            }
        } else if (tallies.anyWaitsForSettling() || settlesByItself()) {
            // Who waits for a settled version gets one, also from a stream without a gap.
            loop.settle(tallies.anyWaitsForSettling());
        }
    }

    /** The first version says what it does on the validation rows, so it waits for them. */
    private void firstFit() {
        if (validation.ready()) {
            loop.fit(null, null);
        }
    }

    private void refresh() {
        refreshAsked = false;
        if (anchor.get().thetaFactor() != null) {
            loop.rebuildFactor();
            factor.renew();
        }
    }

    private boolean settlesByItself() {
        return spec.getSettle() == SettlePolicy.AUTO
                && state.progress().getFailureCode() == null
                && (quiet >= settings.settleQuiet().toMillis()
                        // Under a steady flow the quiet moment never comes.
                        || anchor.get().changes() >= SettleLoop.FLOW && loop.rested());
    }

    private boolean settled() {
        return state.progress().getSettled() && anchor.untouched();
    }

    /** Folds what is pending and publishes if there is something to publish and nothing forbids it. */
    private void advance() {
        if (!foldable()) {
            return;
        }
        anchor.fold(!loop.idle());
        ModelProgress.Builder progress = state.progress();
        if (loop.holdsPublication() || progress.getVersion() == 0) {
            return;
        }
        if (progress.getPublished() >= progress.getTailApplied()) {
            publisher.answer(settled());
        } else if (tallies.anyWaiting() || output.now() - arrivals.lastChange() >= PARTIAL_MS) {
            correct();
        }
    }

    /** Publishes the anchor form's θ if the guard trusts it. */
    private void correct() {
        Anchor from = anchor.get();
        if (!DenseFactor.fits(objective)) {
            loop.settle(true);
        } else if (!from.hasFactor()) {
            loop.settleFirst("NO_FACTOR", "the cached factor could not be down-dated: fresh curvature first");
        } else if (privacy != null && privacy.screened().isPresent()) {
            var screened = privacy.screened().get();
            loop.settleFirst(screened.code(), screened.reason());
        } else {
            long start = System.nanoTime();
            judge(settings.patching().correct(from), start);
        }
    }

    private void judge(Correction correction, long start) {
        Verdict verdict = correction.verdict();
        if (verdict instanceof Verdict.SettleFirst first) {
            loop.settleFirst(first.code(), first.reason());
        } else if (verdict instanceof Verdict.Refit refit) {
            settings.metrics().refitAdvised(refit.code());
            loop.fit(refit.code(), refit.reason());
        } else if (spec.getSettle() == SettlePolicy.EACH_BATCH) {
            loop.settle(true);
        } else {
            released(release.patched(anchor.get(), correction));
            settings.metrics().patched(System.nanoTime() - start);
        }
    }

    /**
     * A claim of privacy has its own reasons to settle first, which only the end of a settling removes; so it is with
     * whom a patch is not enough.
     */
    @Override
    public boolean publishable() {
        return privacy == null
                && !tallies.anyWaitsForSettling()
                && spec.getSettle() != SettlePolicy.EACH_BATCH
                && anchor.get().hasFactor()
                && settings.patching().correct(anchor.get()).verdict() instanceof Verdict.Patched;
    }

    private void released(Outcome outcome) {
        if (outcome instanceof Outcome.SettleFirst first) {
            loop.settleFirst(first.code(), first.reason());
        } else if (outcome instanceof Outcome.Refit refit) {
            settings.metrics().refitAdvised(refit.code());
            loop.fit(refit.code(), refit.reason());
        } else if (outcome instanceof Outcome.Impossible impossible) {
            failed(impossible.code(), impossible.reason());
        } else {
            publisher.answer(settled());
        }
    }

    @Override
    public boolean imported() {
        released(release.imported(anchor.get()));
        return spec.getSettle() != SettlePolicy.NEVER;
    }

    @Override
    public void settled(Settling done, boolean atRoundingFloor) {
        state.progress().setSettled(true);
        anchor.settled();
        state.progress().setAtRoundingFloor(atRoundingFloor);
        state.save();
        if (anchor.get().changes() > 0) {
            correct();
        } else {
            released(release.settled(anchor.get(), done, atRoundingFloor));
        }
    }

    @Override
    public void failed(String code, String reason) {
        release.fail(code, reason, tail.last());
    }

    @Override
    public void close() {
        loading(false);
        settings.metrics().left(spec.getModelId());
        inquiries.close();
        factor.close();
        anchor.close();
    }
}
