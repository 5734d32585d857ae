package dev.lethe.streams.topology;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Heavy work of one task, off its stream thread. A job's result is a continuation that runs in {@link #drain}, which the
 * task calls from a punctuation: so nothing but the stream thread ever touches the task's state.
 */
final class Worker implements AutoCloseable {
    private final ThreadPoolExecutor executor;
    private final Queue<Runnable> finished = new ConcurrentLinkedQueue<>();
    /** Jobs whose results have not been drained. Stream thread only. */
    private int outstanding;

    Worker(String name) {
        executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), job -> {
            var thread = new Thread(job, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    /** Runs a job; what it returns is run by the next {@link #drain}. A job must turn its own failures into results. */
    void submit(Supplier<Runnable> job) {
        outstanding++;
        executor.execute(() -> finished.add(job.get()));
    }

    void drain() {
        for (Runnable result = finished.poll(); result != null; result = finished.poll()) {
            outstanding--;
            result.run();
        }
    }

    /** Whether there will be something to drain. */
    boolean busy() {
        return outstanding > 0;
    }

    /** Drops what waits and waits for what runs: its native memory must not be freed under it. */
    @Override
    public void close() {
        executor.shutdown();
        executor.getQueue().clear();
        try {
            if (!executor.awaitTermination(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a job did not end within 30 s of its task's end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
