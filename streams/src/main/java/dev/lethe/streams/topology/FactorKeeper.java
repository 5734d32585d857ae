package dev.lethe.streams.topology;

import dev.lethe.streams.store.FactorCache;
import dev.lethe.streams.store.FactorCache.Restored;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.FactorSnapshot;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps snapshots of a model's factor, and brings the newest back at a start in the place of a pass. The truth is the
 * tail: a snapshot is of use while every change behind it is in the store, to be folded into it again. Copies are taken
 * on the stream thread; disk and decoding are the worker's.
 */
final class FactorKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(FactorKeeper.class);
    /** Time between two snapshots at least. */
    private static final long PAUSE_MS = 2_000;
    /** The same after one that could not be written. */
    private static final long FAILURE_PAUSE_MS = 60_000;
    /** So long without a change is a quiet moment. */
    private static final long QUIET_MS = 500;
    /** Without a quiet moment there is a snapshot after so many changes. */
    private static final long CHANGES = 2_048;
    /** So far behind, folding the changes again costs more than a pass. */
    private static final long MAX_BEHIND = 16_384;
    /** Entries taken out of the tail in one tick at most. */
    private static final int TRIM = 1_024;

    private final FactorCache cache;
    private final String modelId;
    private final LiveAnchor anchor;
    private final Tail tail;
    private final Worker worker;
    private final int batch;
    /** While a snapshot is looked for and brought up to date: what to do if there is none. */
    private Runnable otherwise;
    /** Newest change that is folded into the restored factor, -1 before it is here. */
    private long replayed = -1;
    /** What is kept: the last change in it, -1 for nothing, and its θ_P. */
    private long kept = -1;

    private double[] keptTheta;
    /** The last change in what is being written, -1 for nothing. */
    private long writing = -1;

    private long nextWrite;

    /** @param cache null: nothing is kept. @param batch changes folded into a restored factor in one go */
    FactorKeeper(FactorCache cache, String modelId, LiveAnchor anchor, Worker worker, int batch) {
        this.cache = cache;
        this.modelId = modelId;
        this.anchor = anchor;
        this.tail = anchor.tail();
        this.worker = worker;
        this.batch = batch;
        if (cache != null) {
            cache.enter(modelId);
        }
    }

    /** Whether the factor is on its way: nothing may be folded until it is here. */
    boolean restoring() {
        return otherwise != null;
    }

    /** Brings the factor of a restored anchor back, or runs {@code pass} where that cannot be. */
    void restore(Runnable pass) {
        if (cache == null) {
            pass.run();
            return;
        }
        otherwise = pass;
        double[] theta = anchor.get().thetaFactor();
        long newest = tail.folded();
        worker.submit(() -> {
            Optional<Restored> found = load(theta, newest);
            return () -> found.ifPresentOrElse(this::restored, () -> giveUp("no snapshot"));
        });
    }

    private Optional<Restored> load(double[] theta, long newest) {
        try {
            return cache.load(modelId, anchor.objective(), theta, newest);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atWarn().addKeyValue("model", modelId).setCause(e).log("snapshot of the factor cannot be read");
            return Optional.empty();
        }
    }

    private void restored(Restored found) {
        if (!tail.reaches(found.applied() + 1)) {
            found.factor().close();
            giveUp("the changes behind the snapshot are not all there");
            return;
        }
        anchor.get().install(found.factor(), found.snapshot());
        replayed = found.applied();
        kept = found.applied();
        keptTheta = found.snapshot().theta();
    }

    private void giveUp(String reason) {
        LOG.atInfo().addKeyValue("model", modelId).addKeyValue("reason", reason).log("a pass rebuilds the factor");
        Runnable pass = otherwise;
        otherwise = null;
        kept = -1;
        pass.run();
    }

    /** The next snapshot is taken even if the factor seems to be the one that is kept. */
    void renew() {
        keptTheta = null;
    }

    /** The model is not served here any more. */
    void close() {
        if (cache != null) {
            cache.leave(modelId);
        }
    }

    /** A slice of the work. @param lastChange when the newest change came. @param busy whether a pass is under way */
    void tick(long now, long lastChange, boolean busy) {
        if (restoring()) {
            replay();
            return;
        }
        if (tail.folded() - kept > MAX_BEHIND) {
            kept = -1;
        }
        tail.trim(kept >= 0 ? kept : writing >= 0 ? writing : tail.folded(), TRIM);
        if (cache != null && writing < 0 && !busy && now >= nextWrite && due(now - lastChange)) {
            write(now);
        }
    }

    private void replay() {
        if (replayed < 0) {
            return;
        }
        long to = Math.min(replayed + batch, tail.folded());
        if (replayed < to) {
            anchor.get().foldFactor(tail.stored(replayed + 1, to));
            replayed = to;
        }
        if (!anchor.get().hasFactor()) {
            giveUp("a change could not be folded into it again");
        } else if (replayed == tail.folded()) {
            LOG.atInfo()
                    .addKeyValue("model", modelId)
                    .addKeyValue("replayed", replayed - kept)
                    .log("factor restored from its snapshot");
            otherwise = null;
        }
    }

    private boolean due(long quiet) {
        Anchor now = anchor.get();
        if (now == null || !now.hasFactor()) {
            return false;
        }
        boolean another = kept < 0 || !Arrays.equals(keptTheta, now.thetaFactor());
        long behind = tail.folded() - kept;
        return another || behind > 0 && quiet >= QUIET_MS || behind >= CHANGES;
    }

    private void write(long now) {
        FactorSnapshot copy = anchor.get().snapshot().orElseThrow();
        long applied = tail.folded();
        writing = applied;
        worker.submit(() -> {
            boolean done = keep(applied, copy);
            return () -> written(done, applied, copy.theta(), now);
        });
    }

    private boolean keep(long applied, FactorSnapshot copy) {
        try {
            return cache.keep(modelId, applied, copy);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atWarn().addKeyValue("model", modelId).setCause(e).log("snapshot of the factor cannot be written");
            return false;
        }
    }

    private void written(boolean done, long applied, double[] theta, long begun) {
        writing = -1;
        nextWrite = begun + (done ? PAUSE_MS : FAILURE_PAUSE_MS);
        if (done) {
            kept = applied;
            keptTheta = theta;
        }
    }
}
