package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.topology.NetworkRelease.Next;
import dev.lethe.unlearn.network.Drift;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.Limits;
import dev.lethe.unlearn.network.MicroBatch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A deep network in its task. Changes become patches in micro-batches, computed off the stream thread, each published with
 * its evidence; where a limit is crossed, or a request waits for settling, the network is fitted again from its samples.
 * Patches go on meanwhile, unless one was not trusted: then publication waits for the refit. Changes that came during a
 * refit are patched on.
 *
 * <p>The settle policy of a network: auto, a refit where a limit asks for it or a request waits for settling (replay's end
 * is one); each-batch, no patches, a refit before every version; never, as auto, but replay's end does not ask for one.
 *
 * <p>In memory: the parameters, at most three samples of kept rows, the changes under way, and during a refit all rows, up
 * to a quarter of the heap. All on the stream thread.
 */
final class NetworkRuntime implements LiveModel {
    /** Between looks at unfinished work. */
    private static final long SOON_MS = 5;
    /** Between looks at a training. */
    private static final long TRAINING_MS = 25;
    /** Changes that belong to no complete request are published after this time without a change. */
    private static final long PARTIAL_MS = 50;

    private static final long IDLE_MS = 250;
    /** Entries taken out of the tail in one tick at most. */
    private static final int TRIM = 1_024;

    private final ModelSpec spec;
    private final ModelState state;
    private final Tail tail;
    private final RequestTallies tallies;
    private final Champion champion;
    private final ModelOutput output;
    private final TopologySettings settings;
    private final Limits limits;
    private final Arrivals arrivals;
    private final Publisher publisher;
    private final Failures failures;
    private final NetworkRelease release;
    private final NetworkPatches patches;
    private final NetworkRefits refits;
    private final ScoreKeeping scores;
    private final NetworkInquiries inquiries;
    private final LiveNetwork live = new LiveNetwork();

    NetworkRuntime(
            ModelState state,
            Tail tail,
            RequestTallies tallies,
            Champion champion,
            ModelOutput output,
            TopologySettings settings) {
        this.state = state;
        this.spec = state.spec();
        this.tail = tail;
        this.tallies = tallies;
        this.champion = champion;
        this.output = output;
        this.settings = settings;
        this.limits = NetworkSpecs.limits(spec);
        this.arrivals = new Arrivals(tail, tallies, champion, output);
        this.publisher = new Publisher(spec, state, tallies, champion, output);
        this.failures = new Failures(state, publisher, settings.metrics());
        this.release = new NetworkRelease(state, publisher, failures);
        this.patches = new NetworkPatches(spec, settings.batch(), new Worker("lethe-patch-" + spec.getModelId()));
        this.scores = new ScoreKeeping(state, output, settings);
        this.inquiries = new NetworkInquiries(state, live, output);
        this.refits = new NetworkRefits(state, tail, live, output, settings, publisher, release, failures, patches);
    }

    /** Begins where the stored state ends: with a training, or with the rows worth keeping at the stored parameters. */
    @Override
    public void begin() {
        boolean published = state.progress().getVersion() > 0;
        if (published || spec.getInitial() != null) {
            live.become(NetworkSpecs.network(spec, published ? state.theta() : Doubles.toArray(spec.getInitial())));
            settings.metrics().loading(spec.getModelId(), true);
            refits.sample();
        } else {
            refits.begin(true, null, null);
        }
    }

    @Override
    public void change(Change change) {
        if (arrivals.append(change, change.getSample())) {
            refits.changed();
        }
        arrivals.count(change);
    }

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
        refits.cut(cut);
    }

    @Override
    public void statistics(ShardStatistics statistics) {
        refits.statistics(statistics);
    }

    @Override
    public void tick() {
        patches.drain();
        refits.tick();
        advance();
        boolean idle = !refits.underWay() && !refits.passing() && !patches.busy();
        if (idle) {
            rest();
            score();
        }
        inquiries.tick(idle && published() && live.kept() != null);
        scores.tick();
        tail.trim(state.progress().getTailApplied(), TRIM);
    }

    /** Whether its parameters are what was last published. */
    private boolean published() {
        return state.progress().getVersion() > 0 && tail.pending() == 0 && live.network() != null;
    }

    private void score() {
        if (published() && scores.due()) {
            var pass = scores.begin(Doubles.toBuffer(live.network().theta()), false);
            output.toShards(spec.getModelId(), pass);
        }
    }

    /** A network keeps no factor. */
    @Override
    public void refreshFactor() {}

    @Override
    public ScoreKeeping scores() {
        return scores;
    }

    @Override
    public void ask(InfluenceQuestion question) {
        inquiries.ask(question);
    }

    @Override
    public Duration nextTick() {
        boolean unpublished = tail.pending() > 0 && !failures.failed(tail.last());
        if (patches.busy()
                || scores.waiting()
                || inquiries.waiting()
                || mayPatch() && (tallies.anyWaiting() || unpublished)) {
            return Duration.ofMillis(SOON_MS);
        }
        return Duration.ofMillis(refits.training() ? TRAINING_MS : IDLE_MS);
    }

    /** Whether a patch may be computed now. */
    private boolean mayPatch() {
        return live.kept() != null
                && !patches.busy()
                && !failures.failed(tail.last())
                && !(refits.underWay() && state.progress().getRefitHolds());
    }

    /** Patches what is pending, or answers what is published. */
    private void advance() {
        if (refits.finish() || !mayPatch() || state.progress().getVersion() == 0) {
            return;
        }
        if (tail.pending() == 0) {
            publisher.answer(release.settled(tail.last()));
        } else if (tallies.anyWaiting()
                || tail.pending() >= settings.batch()
                || output.now() - arrivals.lastChange() >= PARTIAL_MS) {
            patch();
        }
    }

    private void patch() {
        if (spec.getSettle() == SettlePolicy.EACH_BATCH) {
            refits.begin(true, null, null);
            return;
        }
        long begun = System.nanoTime();
        List<Tail.Entry> taken = tail.take(settings.batch());
        patches.patch(new NetworkPatches.Version(live.network(), live.kept()), taken, outcome -> {
            if (outcome.refusal().isPresent()) {
                refits.instead(taken, "PATCH_REFUSED", outcome.refusal().get());
            } else {
                judge(outcome.patched(), taken, begun);
            }
        });
    }

    private void judge(MicroBatch.Outcome.Patched patched, List<Tail.Entry> taken, long begun) {
        KeptRows kept = live.kept();
        Drift drift = release.drift(kept).plus(patched, taken.size(), kept);
        Optional<Limits.Crossing> crossing = limits.crossed(drift, patched.evidence());
        if (crossing.isPresent() && !crossing.get().trusted()) {
            kept.rewind(NetworkPatches.keyed(taken));
            refits.instead(taken, crossing.get().code(), crossing.get().reason());
            return;
        }
        live.become(patched.network());
        release.patched(
                new Next(patched.network(), kept, patched.evidence(), patched.forgotten(), drift, tail.folded()));
        settings.metrics().patched(System.nanoTime() - begun);
        publisher.answer(release.settled(tail.last()));
        if (!refits.underWay()) {
            tail.dropKept();
            crossing.ifPresent(crossed -> refits.begin(false, crossed.code(), crossed.reason()));
        }
    }

    /** Nothing is under way: is there a reason to begin something? */
    private void rest() {
        ModelProgress.Builder progress = state.progress();
        if (failures.failed(tail.last())) {
            publisher.fail(progress.getFailureCode(), progress.getFailure());
        } else if (live.network() != null && live.kept() == null) {
            refits.sample();
        } else if (progress.getVersion() == 0) {
            refits.begin(true, null, null);
        } else if (progress.getRefitDue()) {
            refits.begin(progress.getRefitHolds(), progress.getRefitCode(), progress.getRefitReason());
        } else if (tail.pending() == 0 && tallies.anyWaitsForSettling() && !release.settled(tail.last())) {
            refits.begin(false, null, null);
        }
    }

    @Override
    public void close() {
        settings.metrics().loading(spec.getModelId(), false);
        inquiries.close();
        refits.close();
        patches.close();
    }
}
