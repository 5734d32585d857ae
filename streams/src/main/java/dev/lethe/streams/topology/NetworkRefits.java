package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.store.Checkpoints;
import dev.lethe.streams.topology.NetworkPatches.Version;
import dev.lethe.streams.topology.NetworkRelease.Next;
import dev.lethe.unlearn.network.Drift;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.MicroBatch;
import dev.lethe.unlearn.network.Network;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A network's refits, one at a time, and the passes that gather their rows: begun, outdated by changes, patched up to date
 * at their end, published. All on the stream thread but the training itself.
 */
final class NetworkRefits implements NetworkPasses.Listener, NetworkRefit.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkRefits.class);

    private final ModelSpec spec;
    private final ModelState state;
    private final Tail tail;
    private final TopologySettings settings;
    private final LiveNetwork live;
    private final Publisher publisher;
    private final Failures failures;
    private final NetworkRelease release;
    private final NetworkPatches patches;
    private final NetworkPasses passes;
    private final Worker training;

    private NetworkRefit refit;
    /** What a refit ended with, until it is patched and published. */
    private Version trained;

    NetworkRefits(
            ModelState state,
            Tail tail,
            LiveNetwork live,
            ModelOutput output,
            TopologySettings settings,
            Publisher publisher,
            NetworkRelease release,
            Failures failures,
            NetworkPatches patches) {
        this.state = state;
        this.spec = state.spec();
        this.tail = tail;
        this.live = live;
        this.settings = settings;
        this.publisher = publisher;
        this.failures = failures;
        this.release = release;
        this.patches = patches;
        this.passes = new NetworkPasses(state, settings.shards(), output, this);
        this.training = new Worker("lethe-train-" + spec.getModelId());
    }

    /** Whether one is under way, from the pass for its rows on until it is published. */
    boolean underWay() {
        return refit != null;
    }

    boolean passing() {
        return passes.inFlight();
    }

    boolean training() {
        return training.busy();
    }

    void cut(Cut cut) {
        passes.cut(cut, tail.last());
    }

    void statistics(ShardStatistics statistics) {
        passes.statistics(statistics);
    }

    void tick() {
        training.drain();
        passes.tick();
    }

    /** A row has changed. */
    void changed() {
        if (refit != null && !passes.inFlight()) {
            refit.outdated();
        }
    }

    /** Asks the shards for the rows worth keeping of the present version. */
    void sample() {
        passes.sample(live.network().theta());
    }

    /** Begins a refit, or has publication wait for the one under way. */
    void begin(boolean holds, String code, String reason) {
        ModelProgress.Builder progress = state.progress();
        if (refit == null || holds) {
            progress.setRefitDue(true).setRefitHolds(holds).setRefitCode(code).setRefitReason(reason);
            state.save();
        }
        if (refit == null) {
            LOG.atInfo()
                    .addKeyValue("model", spec.getModelId())
                    .addKeyValue("holds", holds)
                    .addKeyValue("code", code)
                    .log("refit");
            var checkpoints = settings.checkpoints();
            var checkpoint = checkpoints == null ? Checkpoints.none() : checkpoints.of(spec.getModelId());
            refit = new NetworkRefit(spec, checkpoint, settings.metrics(), this);
            passes.gather();
        }
    }

    /** A patch is not published: its changes wait for a refit. */
    void instead(List<Tail.Entry> taken, String code, String reason) {
        tail.putBack(taken);
        settings.metrics().refitAdvised(code);
        begin(true, code, reason);
    }

    @Override
    public void sampled(PassInFlight pass) {
        var before = tail.pending(entry -> !pass.behindCut(entry));
        patches.keep(pass, before, this::loaded, this::passFailed);
    }

    private void loaded(KeptRows rows) {
        live.keep(rows);
        settings.metrics().loading(spec.getModelId(), false);
        if (state.progress().getVersion() == 0) {
            var evidence = patches.measure(live.network(), rows);
            Drift drift = Drift.none(rows, evidence);
            release.imported(new Next(live.network(), rows, evidence, 0, drift, tail.folded()));
        }
    }

    @Override
    public void gathered(PassInFlight pass) {
        refit.begin(pass, training);
        if (tail.any(refit::behindCut)) {
            refit.outdated();
        }
    }

    @Override
    public void passFailed(String reason) {
        trainingFailed("PASS_FAILED", "its rows could not be gathered: " + reason);
    }

    @Override
    public void trained(Network network, KeptRows rows) {
        trained = new Version(network, rows);
        finish();
    }

    /**
     * If a training has ended, patches on what came during it: that is the next version.
     *
     * @return whether it had
     */
    boolean finish() {
        if (trained == null || patches.busy()) {
            return false;
        }
        Version from = trained;
        trained = null;
        List<Tail.Entry> taken = tail.take(Integer.MAX_VALUE);
        List<Tail.Entry> behind = tail.kept(refit::behindCut);
        patches.finish(live.network(), from, behind, taken, outcome -> {
            refit.over();
            refit = null;
            if (outcome.refusal().isPresent()) {
                instead(taken, "PATCH_REFUSED", outcome.refusal().get());
            } else {
                replace(outcome.patched(), from.kept(), behind.size());
            }
        });
        return true;
    }

    /** @param behind changes that were patched on */
    private void replace(MicroBatch.Outcome.Patched fitted, KeptRows rows, int behind) {
        live.become(fitted.network());
        live.keep(rows);
        Drift drift = Drift.none(rows, fitted.evidence()).after(behind);
        tail.dropKept();
        var next = new Next(fitted.network(), rows, fitted.evidence(), fitted.forgotten(), drift, tail.folded());
        release.refitted(next, behind);
        publisher.answer(release.settled(tail.last()));
    }

    /** The old version stays; who waits for a refit is told. */
    @Override
    public void trainingFailed(String code, String reason) {
        ModelProgress.Builder progress = state.progress();
        boolean held = progress.getRefitHolds() || progress.getVersion() == 0 || live.kept() == null;
        if (refit != null) {
            refit.over();
            refit = null;
        }
        progress.setRefitDue(false).setRefitHolds(false).setRefitCode(null).setRefitReason(null);
        state.save();
        if (held) {
            failures.fail(code, reason, tail.last());
        } else {
            tail.dropKept();
            LOG.atWarn()
                    .addKeyValue("model", spec.getModelId())
                    .addKeyValue("code", code)
                    .log("refit failed: {}", reason);
            publisher.failSettling(code, reason);
        }
    }

    @Override
    public void close() {
        if (refit != null) {
            refit.stop();
        }
        training.close();
    }
}
