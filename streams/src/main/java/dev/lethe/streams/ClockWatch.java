package dev.lethe.streams;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Notices that the system's clock was set back. Kafka's clients and the timers of Kafka Streams go by that clock: set back
 * by an hour, they stand still for an hour, and look alive. A clock set forward only makes them early.
 */
final class ClockWatch implements AutoCloseable {
    /** What Kafka's timers may stand still without harm. */
    static final Duration TOLERATED = Duration.ofSeconds(5);

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final LongSupplier wallMillis;
    private final LongSupplier steadyNanos;
    private final Consumer<Duration> setBack;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "lethe-clock-watch");
        thread.setDaemon(true);
        return thread;
    });
    /** How far the wall clock is ahead of the steady one; only a set clock changes it at once. */
    private long ahead;

    /**
     * @param wallMillis the system's clock
     * @param steadyNanos a clock that nobody sets
     * @param setBack told by how much, each time that is more than {@link #TOLERATED}
     */
    ClockWatch(LongSupplier wallMillis, LongSupplier steadyNanos, Consumer<Duration> setBack) {
        this.wallMillis = wallMillis;
        this.steadyNanos = steadyNanos;
        this.setBack = setBack;
        ahead = ahead();
    }

    /** Watches this machine's clock until closed. */
    static ClockWatch start(Consumer<Duration> setBack) {
        var watch = new ClockWatch(System::currentTimeMillis, System::nanoTime, setBack);
        watch.timer.scheduleWithFixedDelay(
                watch::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return watch;
    }

    /** Compares the clocks. */
    void look() {
        long now = ahead();
        Duration by = Duration.ofMillis(ahead - now);
        ahead = now;
        if (by.compareTo(TOLERATED) > 0) {
            setBack.accept(by);
        }
    }

    private long ahead() {
        return wallMillis.getAsLong() - TimeUnit.NANOSECONDS.toMillis(steadyNanos.getAsLong());
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
