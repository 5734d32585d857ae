package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.TailEntry;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.Publisher.Statement;
import dev.lethe.unlearn.certificate.Exactness;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.Settler;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model in its task: folds changes, asks for passes, decides with the guard and the model's policy when a patch may
 * be published and when the model settles first. All on the stream thread; factors are built on the worker.
 */
final class ModelRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRuntime.class);
    private static final long PASS_TIMEOUT_MS = 60_000;
    /** Under a steady flow of changes the quiet moment never comes: settle then after this many. */
    private static final long CHANGES_WITHOUT_SETTLING = 4096;
    /** A version holds what arrives within this time of a request that is not complete yet. */
    private static final long PARTIAL_MS = 50;

    private final ModelSpec spec;
    private final Objective objective;
    private final ModelState state;
    private final Tail tail;
    private final RequestTallies tallies;
    private final ModelOutput output;
    private final Publisher publisher;
    private final Worker worker;
    private final TopologySettings settings;

    private Anchor anchor;
    private Settling settling;
    private PassInFlight pass;
    /** The pass whose factor the worker builds. */
    private PassInFlight building;
    /** Newest change when the model could not follow: until another comes, trying again is pointless. */
    private long failedAt = -1;
    private long lastChange;
    private long lastPublication;

    /** A settle under way: what it was begun for, and whether publication waits for it. */
    private static final class Settling {
        final Settler settler;
        final boolean scratch;
        boolean first;
        boolean hold;
        String code;
        String reason;

        Settling(Settler settler, boolean scratch, boolean hold, String code, String reason) {
            this.settler = settler;
            this.scratch = scratch;
            this.first = scratch;
            this.hold = hold;
            this.code = code;
            this.reason = reason;
        }
    }

    ModelRuntime(
            ModelState state, Tail tail, RequestTallies tallies, ModelOutput output, Worker worker, TopologySettings settings) {
        this.state = state;
        this.spec = state.spec();
        this.objective = Specs.objective(spec);
        this.tail = tail;
        this.tallies = tallies;
        this.output = output;
        this.worker = worker;
        this.settings = settings;
        this.publisher = new Publisher(spec, objective, state, tallies, output);
        this.lastChange = output.now();
    }

    /** Begins where the stored state ends: with a first fit, or with a pass that rebuilds the factor. */
    void begin() {
        anchor = state.restore(objective).orElse(null);
        if (anchor == null || state.progress().getVersion() == 0) {
            fit(null, null);
        } else if (anchor.state().thetaFactor() != null) {
            issue(Purpose.REBUILD, anchor.state().thetaFactor(), true);
        }
    }

    private void fit(String code, String reason) {
        double[] start = spec.getInitial() == null || code != null
                ? new double[objective.parameters()]
                : Doubles.toArray(spec.getInitial());
        settling = new Settling(Settler.first(objective, start), true, true, code, reason);
        act(settling.settler.begin());
    }

    void change(Change change) {
        if (change.getBefore() != null || change.getAfter() != null) {
            tail.append(new TailEntry(change.getShard(), change.getBefore(), change.getAfter()));
            lastChange = output.now();
        }
        boolean complete = change.getPartDone() && tallies.done(change, tail.last());
        boolean quiet = output.now() - lastPublication >= 5;
        if (tail.pending() >= settings.batch() || complete && quiet) {
            advance();
        }
    }

    void cut(Cut cut) {
        if (pass != null) {
            pass.cut(cut, tail.last(), output.now());
        }
    }

    void statistics(ShardStatistics statistics) {
        if (pass == null || pass == building) {
            return;
        }
        pass.statistics(statistics, output.now());
        if (pass.failure().isPresent()) {
            giveUp("PASS_FAILED", "a pass could not be answered: " + pass.failure().get());
        } else {
            pass.merged().ifPresent(this::evaluated);
        }
    }

    void tick() {
        advance();
        if (pass != null && pass != building && output.now() - pass.lastHeard() > PASS_TIMEOUT_MS) {
            LOG.atWarn().addKeyValue("model", spec.getModelId()).log("pass timed out, asked for again");
            issue(pass.purpose(), pass.theta(), pass.curvature());
        }
        if (settling == null && pass == null) {
            rest();
        }
    }

    private void rest() {
        if (failed()) {
            publisher.fail(state.progress().getFailureCode(), state.progress().getFailure());
        } else if (state.progress().getVersion() == 0) {
            fit(null, null);
        } else {
            settleInQuiet();
        }
    }

    private boolean failed() {
        return state.progress().getFailureCode() != null && failedAt == tail.last();
    }

    private void settleInQuiet() {
        boolean asked = tallies.anyWaitsForSettling();
        boolean quiet = output.now() - lastChange >= settings.settleQuiet().toMillis();
        boolean due = spec.getSettle() == SettlePolicy.AUTO
                && state.progress().getFailureCode() == null
                && (quiet || anchor.changes() >= CHANGES_WITHOUT_SETTLING);
        if (settled()) {
            publisher.answer(true);
        } else if (asked || due) {
            settle(false, false, null, null);
        }
    }

    private boolean settled() {
        return state.progress().getSettled() && anchor.changes() == 0 && tail.pending() == 0;
    }

    /** Folds what is pending and publishes if there is something to publish and nothing forbids it. */
    private void advance() {
        if (anchor == null || failed()) {
            return;
        }
        fold();
        boolean unpublished = state.progress().getPublished() < state.progress().getTailApplied();
        boolean held = settling != null && settling.hold
                || pass != null && pass.purpose() == Purpose.REBUILD
                || state.progress().getVersion() == 0;
        if (held) {
            return;
        }
        boolean due = tallies.anyWaiting() || output.now() - lastChange >= PARTIAL_MS;
        if (unpublished && due) {
            correct();
        } else if (!unpublished && tallies.anyWaiting()) {
            publisher.answer(settled());
        }
    }

    private void fold() {
        if (tail.pending() == 0) {
            return;
        }
        while (tail.pending() > 0) {
            var taken = tail.take(settings.batch());
            List<RowChange> changes = taken.stream().map(Tail.Entry::change).toList();
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
            state.progress().setTailApplied(taken.get(taken.size() - 1).number());
        }
        if (pass == null) {
            tail.dropKept();
        }
        state.save(anchor);
    }

    private void correct() {
        if (!anchor.hasFactor()) {
            settle(true, true, "NO_FACTOR", "the cached factor could not be down-dated: fresh curvature first");
            return;
        }
        Correction correction = anchor.correct();
        Verdict verdict = correction.verdict();
        if (verdict instanceof Verdict.SettleFirst first) {
            settle(true, true, first.code(), first.reason());
        } else if (verdict instanceof Verdict.Refit refit) {
            fit(refit.code(), refit.reason());
        } else if (spec.getSettle() == SettlePolicy.EACH_BATCH) {
            settle(false, true, null, null);
        } else {
            patched(correction, null, null);
        }
    }

    private void patched(Correction correction, String code, String reason) {
        VersionKind kind = quadratic() ? VersionKind.EXACT : VersionKind.PATCHED;
        publish(
                correction.theta(),
                new Statement(
                        kind,
                        Exactness.patched(anchor, correction),
                        "one Newton step from the anchor with the factor down-dated exactly",
                        code,
                        reason));
    }

    /** One Newton step is the minimiser. */
    private boolean quadratic() {
        return objective.family() == Family.RIDGE;
    }

    private void publish(double[] theta, Statement statement) {
        lastPublication = output.now();
        state.progress().setFailureCode(null);
        state.progress().setFailure(null);
        publisher.publish(theta, anchor, statement);
        publisher.answer(settled());
    }

    /** Begins to settle; if that is under way already, publication waits for its end from now on. */
    private void settle(boolean fresh, boolean hold, String code, String reason) {
        if (settling != null) {
            settling.hold |= hold;
            settling.code = code;
            settling.reason = reason;
            return;
        }
        settling = new Settling(Settler.from(anchor, fresh), false, hold, code, reason);
        act(settling.settler.begin());
    }

    private void act(Settler.Step step) {
        if (step instanceof Settler.Step.Evaluate evaluate) {
            issue(Purpose.SETTLE, evaluate.theta(), evaluate.curvature());
        } else if (step instanceof Settler.Step.Settled done) {
            finished(done.atRoundingFloor());
        } else if (step instanceof Settler.Step.GiveUp up) {
            giveUp(up.code(), up.reason());
        }
    }

    private void issue(Purpose purpose, double[] theta, boolean curvature) {
        long id = state.progress().getPassId() + 1;
        state.progress().setPassId(id);
        state.save();
        pass = new PassInFlight(id, purpose, theta, curvature, settings.shards(), output.now());
        output.pass(new Pass(
                spec.getModelId(), id, Doubles.toBuffer(theta), curvature, curvature, output.partition()));
    }

    /** All shards have answered: build the factor on the worker if the pass brought curvature, else go on at once. */
    private void evaluated(Sums sums) {
        state.progress().setRowsRefused(sums.misfits());
        if (!pass.curvature()) {
            complete(sums, null);
            return;
        }
        building = pass;
        PassInFlight asked = pass;
        worker.submit(() -> {
            Runnable result = build(sums);
            return () -> {
                // Another pass may have taken its place meanwhile; its factor is then nobody's.
                if (pass == asked) {
                    result.run();
                }
            };
        });
    }

    /** On the worker. */
    private Runnable build(Sums sums) {
        try {
            DenseFactor factor = DenseFactor.build(objective, sums);
            return () -> complete(sums, factor);
        } catch (SingularCurvatureException e) {
            return () -> singular(sums, e.getMessage());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atError()
                    .addKeyValue("model", spec.getModelId())
                    .setCause(e)
                    .log("factor could not be built");
            return () -> giveUp("FACTOR_FAILED", e.toString());
        }
    }

    private void complete(Sums sums, DenseFactor factor) {
        foldOrTake();
        List<RowChange> behind = tail.kept(pass::behindCut);
        PassInFlight answered = pass;
        pass = null;
        if (answered.purpose() == Purpose.REBUILD) {
            anchor.install(factor, answered.theta());
            anchor.foldFactor(behind);
            tail.dropKept();
            return;
        }
        Anchor candidate = Anchor.at(objective, answered.theta(), state.perturbation(), sums);
        if (factor != null) {
            candidate.install(factor, answered.theta());
        }
        candidate.foldGradient(behind);
        candidate.foldFactor(behind);
        tail.dropKept();
        decide(candidate);
    }

    /** Brings the anchor up to today; before the first anchor the tail waits for it. */
    private void foldOrTake() {
        if (anchor != null) {
            fold();
        } else if (tail.pending() > 0) {
            var taken = tail.take(Integer.MAX_VALUE);
            state.progress().setTailApplied(taken.get(taken.size() - 1).number());
        }
    }

    private void decide(Anchor candidate) {
        boolean first = settling.first;
        settling.first = false;
        var decision = settling.settler.next(first ? null : anchor, candidate);
        if (decision.accept()) {
            move(candidate);
            if (first && spec.getInitial() != null && settling.code == null) {
                imported();
            }
        } else {
            candidate.close();
        }
        if (settling != null) {
            act(decision.step());
        }
    }

    private void move(Anchor to) {
        if (anchor != null && !to.hasFactor() && anchor.hasFactor()) {
            to.takeFactor(anchor);
        }
        if (anchor != null) {
            anchor.close();
        }
        anchor = to;
        state.progress().setSettled(false);
        state.saveAnchor(anchor);
    }

    private void imported() {
        var exactness = Exactness.measured(anchor, false);
        publish(anchor.theta(), new Statement(VersionKind.IMPORTED, exactness, "imported", null, null));
        if (spec.getSettle() == SettlePolicy.NEVER) {
            settling = null;
        }
    }

    private void finished(boolean atRoundingFloor) {
        Settling done = settling;
        settling = null;
        state.progress().setSettled(true);
        state.progress().setAtRoundingFloor(atRoundingFloor);
        state.save();
        if (anchor.changes() > 0) {
            correct();
            return;
        }
        VersionKind kind = quadratic()
                ? VersionKind.EXACT
                : done.scratch ? VersionKind.REFIT : VersionKind.SETTLED;
        String method = done.scratch
                ? "Newton's method from " + (spec.getInitial() == null || done.code != null ? "zero" : "the imported parameters")
                : "Newton passes with the kept factor, fresh curvature where needed";
        publish(
                anchor.theta(),
                new Statement(kind, Exactness.measured(anchor, atRoundingFloor), method, done.code, done.reason));
    }

    private void singular(Sums sums, String reason) {
        if (sums.rows() == 0 && settling != null) {
            empty();
        } else {
            giveUp("SINGULAR_CURVATURE", reason);
        }
    }

    /** Without samples an unpenalised direction has no curvature; zero parameters are the convention then. */
    private void empty() {
        foldOrTake();
        List<RowChange> behind = tail.kept(pass::behindCut);
        pass = null;
        Anchor zero = Anchor.at(
                objective, new double[objective.parameters()], state.perturbation(), Sums.empty(objective, false, false));
        zero.foldGradient(behind);
        tail.dropKept();
        if (anchor != null) {
            anchor.dropFactor();
        }
        move(zero);
        finished(false);
    }

    private void giveUp(String code, String reason) {
        boolean again = settling != null && !settling.scratch && !code.equals("SINGULAR_CURVATURE");
        settling = null;
        pass = null;
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
