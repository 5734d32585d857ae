package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.TailEntry;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Release.Outcome;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;

/**
 * One model in its task: decides with the guard and the model's policy when a patch may be published and when the model
 * settles first. All on the stream thread.
 */
final class ModelRuntime implements SettleLoop.Listener, AutoCloseable {
    /** Under a steady flow of changes the quiet moment never comes: settle then after this many. */
    private static final long CHANGES_WITHOUT_SETTLING = 4096;
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
    private final TopologySettings settings;
    private final PrivacyAccount privacy;
    private final Publisher publisher;
    private final Release release;
    private final LiveAnchor anchor;
    private final SettleLoop loop;
    private final FactorKeeper factor;

    private long lastChange;
    private boolean refreshAsked;
    /** The factor of the stored state is being rebuilt. */
    private boolean loading;

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
        this.privacy = PrivacyAccount.of(state);
        this.publisher = new Publisher(spec, objective, state, tallies, output);
        this.release = new Release(state, objective.family(), privacy, publisher, output);
        this.anchor = new LiveAnchor(objective, state, tail, privacy, settings.batch());
        this.loop = new SettleLoop(anchor, state, output, worker, settings, this);
        this.factor = new FactorKeeper(settings.factors(), spec.getModelId(), anchor, worker, settings.batch());
        this.lastChange = output.now();
    }

    /** Begins where the stored state ends: with a first fit, or with the factor out of its snapshot or by a pass. */
    void begin() {
        if (anchor.get() == null || state.progress().getVersion() == 0) {
            loop.fit(null, null);
        } else if (anchor.get().thetaFactor() != null) {
            loading(true);
            factor.restore(loop::rebuildFactor);
        }
    }

    private void loading(boolean now) {
        loading = now;
        settings.metrics().loading(spec.getModelId(), now);
    }

    void change(Change change) {
        if (change.getBefore() != null || change.getAfter() != null) {
            tail.append(new TailEntry(change.getShard(), change.getBefore(), change.getAfter(), change.getSubject()));
            lastChange = output.now();
        }
        boolean complete = change.getPartDone() && tallies.done(change, tail.last());
        boolean idle = output.now() - release.last() >= VERSION_GAP_MS;
        if (tail.pending() >= settings.batch() || complete && idle) {
            advance();
        }
    }

    void cut(Cut cut) {
        loop.cut(cut);
    }

    void statistics(ShardStatistics statistics) {
        loop.statistics(statistics);
    }

    void tick() {
        advance();
        loop.tick();
        if (loading && anchor.get().hasFactor()) {
            loading(false);
        }
        factor.tick(output.now(), lastChange, loop.passInFlight());
        if (loop.idle() && !factor.restoring()) {
            rest();
        }
    }

    /** A new factor is asked for, whatever the present one is like. */
    void refreshFactor() {
        refreshAsked = true;
    }

    /** Nothing is under way: is there a reason to begin something? */
    private void rest() {
        ModelProgress.Builder progress = state.progress();
        if (release.failed(tail.last())) {
            publisher.fail(progress.getFailureCode(), progress.getFailure());
        } else if (progress.getVersion() == 0) {
            loop.fit(null, null);
        } else if (refreshAsked) {
            refresh();
        } else if (settled()) {
            publisher.answer(true);
            if (anchor.get().refreshDue()) {
                loop.rebuildFactor();
            }
        } else if (tallies.anyWaitsForSettling() || settlesByItself()) {
            loop.settle(false);
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
        boolean quiet = output.now() - lastChange >= settings.settleQuiet().toMillis();
        return spec.getSettle() == SettlePolicy.AUTO
                && state.progress().getFailureCode() == null
                && (quiet || anchor.get().changes() >= CHANGES_WITHOUT_SETTLING);
    }

    private boolean settled() {
        return state.progress().getSettled() && anchor.untouched();
    }

    /** Folds what is pending and publishes if there is something to publish and nothing forbids it. */
    private void advance() {
        if (anchor.get() == null || factor.restoring() || release.failed(tail.last())) {
            return;
        }
        anchor.fold(loop.passInFlight());
        ModelProgress.Builder progress = state.progress();
        if (loop.holdsPublication() || progress.getVersion() == 0) {
            return;
        }
        if (progress.getPublished() >= progress.getTailApplied()) {
            publisher.answer(settled());
        } else if (tallies.anyWaiting() || output.now() - lastChange >= PARTIAL_MS) {
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
            judge(from.correct(), start);
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
        factor.close();
        anchor.close();
    }
}
