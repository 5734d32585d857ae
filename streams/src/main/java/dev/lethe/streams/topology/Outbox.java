package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.publish.LargeWeights;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Objective;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings large weights to the store on a thread of its own; a version goes on once they are there, so none is published
 * without its file. A store that does not answer keeps only these versions waiting.
 */
final class Outbox implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final long FIRST_WAIT_MS = 200;
    private static final long LONGEST_WAIT_MS = 10_000;

    private final LargeWeights weights;
    private final ExecutorService thread;
    private final Queue<Runnable> kept = new ConcurrentLinkedQueue<>();
    /** By model the digest of what was kept last. */
    private final Map<String, String> digests = new HashMap<>();

    private int outstanding;

    /** @param weights null: all weights travel in records */
    Outbox(LargeWeights weights, String name) {
        this.weights = weights;
        this.thread = Executors.newSingleThreadExecutor(job -> {
            Thread made = new Thread(job, name);
            made.setDaemon(true);
            return made;
        });
    }

    /**
     * Goes on at once where the parameters fit into a record, else once the store has them.
     *
     * @param theta not modified, and not to be modified before that
     * @param then run on the stream thread
     */
    void keep(ModelSpec spec, Objective objective, double[] theta, Runnable then) {
        if (!isLarge(objective)) {
            then.run();
            return;
        }
        outstanding++;
        thread.execute(() -> {
            try {
                String digest = keep(spec, theta);
                kept.add(() -> {
                    digests.put(spec.getModelId(), digest);
                    then.run();
                });
            } catch (InterruptedException e) {
                LOG.atDebug().addKeyValue("model", spec.getModelId()).log("stopped");
            }
        });
    }

    /** Models with a factor are small, and their patches must not wait. */
    private boolean isLarge(Objective objective) {
        return weights != null && !DenseFactor.fits(objective) && weights.applies(objective.parameters());
    }

    private String keep(ModelSpec spec, double[] theta) throws InterruptedException {
        for (long wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
            try {
                return weights.keep(spec, theta);
            } catch (IOException e) {
                LOG.atWarn()
                        .addKeyValue("model", spec.getModelId())
                        .addKeyValue("again_after_ms", wait)
                        .log("a version waits for its weights to be stored: {}", e.getMessage());
                Thread.sleep(wait);
            }
        }
    }

    /** Where the weights with a digest are, if they were kept; null: they travel in the record. */
    String reference(String model, String digest) {
        return digest.equals(digests.get(model)) ? LargeWeights.reference(model, digest) : null;
    }

    /** Goes on with what the store has by now. */
    void drain() {
        for (Runnable next = kept.poll(); next != null; next = kept.poll()) {
            outstanding--;
            next.run();
        }
    }

    boolean busy() {
        return outstanding > 0;
    }

    /** What waits is forgotten: the task that takes over settles again. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
