package dev.lethe.streams.cli.bench;

import dev.lethe.streams.follow.ModelFollower;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A thread that predicts at a fixed rate, as one of an application's does that is asked so often. */
final class PacedReader extends Thread {
    static final long PERIOD_NANOS = 1_000_000;

    private final ModelFollower follower;
    private final double[] x = new Random(1).doubles(FollowedModel.FEATURES).toArray();
    private volatile Reads reads;
    private volatile boolean over;

    PacedReader(int number, ModelFollower follower, Reads first) {
        super("reader-" + number);
        this.follower = follower;
        this.reads = first;
        setDaemon(true);
    }

    /** Where it writes its reads from now on. */
    void to(Reads next) {
        reads = next;
    }

    void end() {
        over = true;
    }

    @Override
    public void run() {
        try (RunQueue queue = new RunQueue()) {
            long next = System.nanoTime();
            long before = queue.nanos();
            while (!over) {
                Reads here = reads;
                long start = System.nanoTime();
                var model = follower.current().orElseThrow();
                model.predictedClass(x);
                long took = System.nanoTime() - start;
                here.add(took, queue.nanos() - before, model.version());
                next = Math.max(next + PERIOD_NANOS, System.nanoTime());
                await(next);
                before = queue.nanos();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(long time) {
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
