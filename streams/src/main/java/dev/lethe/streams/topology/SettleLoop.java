package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.streams.topology.Settling.Start;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Settler;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;
import java.util.function.Consumer;

/**
 * A model's settling, pass by pass: the settler's questions go to the shards, their answers to the settler. At most one
 * settling is under way. All on the stream thread.
 */
final class SettleLoop implements Passes.Listener {
    /** Time between two settlings under a steady flow, in the time that one takes. */
    private static final long REST = 19;
    /** A settling during which so many changes came has a goal that nobody waits for any more. */
    static final int FLOW = 4096;
    /** What a pass adds up for a factor. */
    private static final Wanted FACTOR = new Wanted(true, true, false, null);
    /** The same where K is here already. */
    private static final Wanted CURVATURE = new Wanted(true, false, false, null);

    /** What becomes of a settling; it is over when one of these is called. */
    interface Listener {
        void settled(Settling done, boolean atRoundingFloor);

        /** Whether a patch from the anchor would be published as it is. */
        boolean publishable();

        /** Parameters that were trained elsewhere are measured. Returns whether to settle them. */
        boolean imported();

        /** Neither from the anchor nor from zero. */
        void failed(String code, String reason);
    }

    private final LiveAnchor anchor;
    private final ModelState state;
    private final ModelOutput output;
    private final Passes passes;
    private final Listener listener;
    private Settling settling;
    private long begun;
    private long ended;

    SettleLoop(
            LiveAnchor anchor,
            ModelState state,
            ModelOutput output,
            Worker worker,
            TopologySettings settings,
            Listener listener) {
        this.anchor = anchor;
        this.state = state;
        this.output = output;
        this.passes = new Passes(state, anchor.objective(), settings.shards(), output, worker, this);
        this.listener = listener;
    }

    /** Whether nothing is under way, neither a settling nor a pass. */
    boolean idle() {
        return settling == null && !passes.inFlight();
    }

    boolean passInFlight() {
        return passes.inFlight();
    }

    /** Whether no patch may be published now: a settling's end is waited for, or the factor. */
    boolean holdsPublication() {
        return settling != null && settling.holds() || passes.rebuilding();
    }

    /** Whether no change may be folded now: the next version is the end of a settling, without what came since. */
    boolean holdsChanges() {
        return settling != null && settling.closed();
    }

    /** Whether the last settling was so long ago that another one leaves most of the time without any. */
    boolean rested() {
        long since = output.now() - ended;
        // A clock that was set back says nothing.
        return since < 0 || since >= REST * (ended - begun);
    }

    void cut(Cut cut) {
        passes.cut(cut, anchor.newest());
    }

    void statistics(ShardStatistics statistics) {
        passes.statistics(statistics);
    }

    void tick() {
        passes.tick();
    }

    /** Builds the factor anew where it was built before. */
    void rebuildFactor() {
        anchor.mark();
        passes.issue(new Question(Purpose.REBUILD, anchor.get().state().thetaFactor(), FACTOR));
    }

    /** Settles with the kept factor. @param hold whether publication waits for the end, and changes with it */
    void settle(boolean hold) {
        if (settling == null) {
            begin(new Settling(Settler.from(anchor.get(), false), Start.ANCHOR, false, null, null));
        }
        if (hold) {
            settling.close();
        }
    }

    /**
     * The patch is not published as it is: publication waits for the end, or for a patch that can be. A settling under way
     * goes to the minimum over rows of a while ago, which the patch is too far from: another one takes its place.
     */
    void settleFirst(String code, String reason) {
        if (settling == null || anchor.changesSinceMark() > 0) {
            boolean fresh = settling == null || anchor.get().objection().isPresent();
            begin(new Settling(Settler.from(anchor.get(), fresh), Start.ANCHOR, true, code, reason));
        } else {
            settling.hold(code, reason);
        }
    }

    /** Fits from zero, or from the spec's own parameters the first time. @param code null the first time */
    void fit(String code, String reason) {
        var spec = state.spec();
        Objective objective = anchor.objective();
        boolean imported = spec.getInitial() != null && code == null;
        double[] from = imported ? Doubles.toArray(spec.getInitial()) : new double[objective.parameters()];
        begin(new Settling(Settler.first(objective, from), imported ? Start.IMPORTED : Start.ZERO, true, code, reason));
    }

    private void begin(Settling next) {
        settling = next;
        begun = output.now();
        anchor.mark();
        act(next.settler().begin());
    }

    private void act(Settler.Step step) {
        if (step instanceof Settler.Step.Evaluate evaluate) {
            var plain = new Wanted(false, false, evaluate.preconditioner(), null);
            passes.issue(new Question(Purpose.SETTLE, evaluate.theta(), evaluate.curvature() ? factor() : plain));
        } else if (step instanceof Settler.Step.Multiply multiply) {
            var product = new Wanted(false, false, false, multiply.direction());
            passes.issue(new Question(Purpose.MULTIPLY, multiply.theta(), product));
        } else if (step instanceof Settler.Step.Settled done) {
            settled(done.atRoundingFloor());
        } else if (step instanceof Settler.Step.GiveUp up) {
            failed(up.code(), up.reason());
        }
    }

    private void settled(boolean atRoundingFloor) {
        if (anchor.get().changes() == 0 || !settling.extensible()) {
            finished(atRoundingFloor);
            return;
        }
        anchor.mark();
        settling.extend(Settler.from(anchor.get(), false));
        act(settling.settler().begin());
    }

    private Wanted factor() {
        return anchor.get() != null && anchor.get().lendsGram() ? CURVATURE : FACTOR;
    }

    @Override
    public void answered(PassInFlight pass, Sums sums, Consumer<Anchor> built) {
        if (pass.purpose() == Purpose.MULTIPLY) {
            act(settling.settler().product(anchor.get(), sums.product()));
            return;
        }
        LiveAnchor.Since since = anchor.since(pass);
        if (pass.purpose() == Purpose.REBUILD) {
            built.accept(anchor.get());
            anchor.get()
                    .foldFactor(since.ahead().stream().map(RowChange::reversed).toList());
            anchor.get().foldFactor(since.behind());
            return;
        }
        int inSums = since.inBoth().size() + since.ahead().size();
        Anchor candidate = Anchor.at(anchor.objective(), pass.theta(), state.perturbation(), sums, inSums);
        built.accept(candidate);
        candidate.unfold(since.ahead());
        Anchor begun = candidate.without(since.inBoth());
        candidate.foldGradient(since.behind());
        candidate.foldFactor(since.behind());
        if (pass.question().wanted().equals(CURVATURE) && !anchor.get().lendsGram()) {
            // Meanwhile it was lost with its factor, or more rows went than are left.
            candidate.close();
            passes.issue(new Question(Purpose.SETTLE, pass.theta(), FACTOR));
        } else {
            decide(candidate, begun);
        }
    }

    /** @param begun the candidate without what came since the settling began */
    private void decide(Anchor candidate, Anchor begun) {
        boolean freshStart = settling.firstEvaluation() && settling.fromScratch();
        if (freshStart) {
            // Nothing of a fit is known yet: it begins with the rows of now.
            anchor.mark();
        }
        var decision = freshStart
                ? settling.settler().next(null, candidate)
                : settling.settler().next(anchor.get(), candidate, begun);
        Anchor survivor = decision.survivor(anchor.get(), candidate);
        if (decision.accept()) {
            anchor.move(survivor);
            if (settling.waitsForGuard() && anchor.changesSinceMark() > 0 && listener.publishable()) {
                // Requests keep coming: their versions need not wait for what this one is settling towards.
                settling.release();
            }
            if (outdated(decision.step())) {
                // The anchor has come near; the next settling starts from there, towards the rows of then.
                ended = output.now();
                settling = null;
                return;
            }
        }
        if (!freshStart || settling.start() != Start.IMPORTED || listener.imported()) {
            act(decision.step());
        } else {
            settling = null;
        }
    }

    /** Fresh curvature is still waited for: without it the factor would get older with every such settling. */
    private boolean outdated(Settler.Step next) {
        return !settling.holds()
                && !settling.fromScratch()
                && next instanceof Settler.Step.Evaluate evaluate
                && !evaluate.curvature()
                && anchor.changesSinceMark() >= FLOW
                && listener.publishable();
    }

    private void finished(boolean atRoundingFloor) {
        Settling done = settling;
        ended = output.now();
        output.outbox().keep(state.spec(), anchor.objective(), anchor.get().theta(), () -> {
            if (settling == done) {
                settling = null;
                listener.settled(done, atRoundingFloor);
            }
        });
    }

    @Override
    public void singular(PassInFlight pass, Sums sums, String reason) {
        if (sums.rows() > 0 || settling == null) {
            failed("SINGULAR_CURVATURE", reason);
            return;
        }
        // Without samples an unpenalised direction has no curvature; zero parameters are the convention then.
        Objective objective = anchor.objective();
        List<RowChange> behind = anchor.takenBehind(pass);
        double[] zero = new double[objective.parameters()];
        Anchor empty = Anchor.at(objective, zero, state.perturbation(), Sums.empty(objective, false, false));
        empty.foldGradient(behind);
        anchor.close();
        anchor.move(empty);
        finished(false);
    }

    /** A settling that fails is followed by a fit from zero; that, or a singular curvature, is the end. */
    @Override
    public void failed(String code, String reason) {
        boolean again = settling != null && !settling.fromScratch() && !code.equals("SINGULAR_CURVATURE");
        settling = null;
        passes.cancel();
        if (again) {
            fit(code, "settling failed (" + reason + "): fitted again from zero");
        } else {
            listener.failed(code, reason);
        }
    }
}
