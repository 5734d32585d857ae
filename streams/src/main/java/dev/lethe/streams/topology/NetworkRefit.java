package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.store.Checkpoints.Checkpoint;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkException;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.Trainer;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.network.TrainingState;
import java.util.BitSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One training of a network from its samples, off the stream thread. The same rows and seed give the same bits, also over
 * a kill: a checkpoint every few seconds is taken up again if the rows are still the same.
 */
final class NetworkRefit {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkRefit.class);
    private static final long LOG_NANOS = 10_000_000_000L;

    /** What becomes of it. On the stream thread. */
    interface Listener {
        /** @param kept of the rows that it was trained on */
        void trained(Network network, KeptRows kept);

        void trainingFailed(String code, String reason);
    }

    private final ModelSpec spec;
    private final Checkpoint checkpoint;
    private final LetheMetrics metrics;
    private final Listener listener;
    private PassInFlight pass;
    private volatile boolean stopped;

    NetworkRefit(ModelSpec spec, Checkpoint checkpoint, LetheMetrics metrics, Listener listener) {
        this.spec = spec;
        this.checkpoint = checkpoint;
        this.metrics = metrics;
        this.listener = listener;
    }

    /** Begins over the rows that a pass gathered. */
    void begin(PassInFlight gathered, Worker worker) {
        pass = gathered;
        List<byte[]> answers = gathered.answers();
        worker.submit(() -> train(answers));
    }

    /** Whether an entry of the tail came after its shard's cut: it is not in the rows. */
    boolean behindCut(Tail.Entry entry) {
        return pass != null && pass.behindCut(entry);
    }

    /** One of its rows has changed or gone: what it has left behind so far must not outlive this process. */
    void outdated() {
        checkpoint.discard();
    }

    /** Its result is published, or nobody waits for it: nothing of it is left. */
    void over() {
        stopped = true;
        checkpoint.discard();
        metrics.training(spec.getModelId(), Double.NaN);
    }

    /** Ends after the present step, with its checkpoint left for the next start. */
    void stop() {
        stopped = true;
        metrics.training(spec.getModelId(), Double.NaN);
    }

    /** On the worker. */
    private Runnable train(List<byte[]> answers) {
        try {
            RowKeys keys = NetworkSpecs.keys(spec);
            TrainingSet rows = TrainingSet.merged(keys, NetworkRows.limit(), answers);
            Network network = train(rows);
            if (stopped) {
                return () -> {};
            }
            KeptRows kept = KeptRows.of(network, rows, spec.getNetwork().getSample(), keys);
            return () -> listener.trained(network, kept);
        } catch (NetworkException e) {
            return () -> listener.trainingFailed("TRAINING_FAILED", e.getMessage());
        } catch (OutOfMemoryError e) {
            return () -> listener.trainingFailed(
                    "OUT_OF_MEMORY", "the heap ran out during the training; give the process more (-Xmx)");
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("model", spec.getModelId()).setCause(e).log("training failed");
            return () -> listener.trainingFailed("TRAINING_FAILED", e.toString());
        }
    }

    private Network train(TrainingSet rows) {
        var trainer = new Trainer(
                NetworkSpecs.architecture(spec),
                NetworkSpecs.loss(spec),
                NetworkSpecs.plan(spec),
                rows.rows(),
                new BitSet());
        String digest = rows.digest();
        TrainingState from = checkpoint
                .load(digest, NetworkSpecs.architecture(spec).parameters())
                .orElseGet(trainer::start);
        LOG.atInfo()
                .addKeyValue("model", spec.getModelId())
                .addKeyValue("rows", rows.training().size())
                .addKeyValue("steps", trainer.steps())
                .log("training begun at step {}", from.step());
        return trainer.network(trainer.run(from, new Watch(digest)));
    }

    /** Progress, checkpoints, and the end if it is asked for. */
    private final class Watch implements TrainingListener {
        private final String digest;
        private long saved = System.nanoTime();
        private long logged = saved;

        Watch(String digest) {
            this.digest = digest;
        }

        @Override
        public boolean wantsCheckpoint(long done) {
            return System.nanoTime() - saved >= checkpoint.interval().toNanos();
        }

        @Override
        public void checkpoint(TrainingState state) {
            checkpoint.save(digest, state);
            saved = System.nanoTime();
        }

        @Override
        public boolean step(long done, long total) {
            if (!stopped) {
                metrics.training(spec.getModelId(), (double) done / total);
            }
            if (System.nanoTime() - logged >= LOG_NANOS) {
                logged = System.nanoTime();
                LOG.atInfo()
                        .addKeyValue("model", spec.getModelId())
                        .addKeyValue("steps", total)
                        .log("training, {} steps done", done);
            }
            return !stopped;
        }
    }
}
