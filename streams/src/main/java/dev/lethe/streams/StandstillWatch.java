package dev.lethe.streams;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Watches a service that does not do its work, and says why now and then. One that never has is given up when nothing
 * moves any more: a restore of large stores may take as long as it needs, a start that waits for nothing may not. One that
 * has worked recovers by itself, so it is only spoken of.
 */
final class StandstillWatch implements AutoCloseable {
    /** Between two words. */
    static final Duration SAY = Duration.ofSeconds(30);
    /** How long a start may stand still. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Supplier<List<String>> obstacles;
    private final BooleanSupplier begun;
    private final LongSupplier nanos;
    private final Consumer<String> say;
    private final Consumer<String> giveUp;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "lethe-standstill-watch");
        thread.setDaemon(true);
        return thread;
    });
    private List<String> last = List.of();
    private long since;
    private long moved;
    private long said;

    /**
     * @param obstacles why the service does not do its work; empty: it does
     * @param begun whether it ever has
     * @param nanos a clock that nobody sets
     * @param say told each {@link #SAY} of a standstill
     * @param giveUp told once, after {@link #PATIENCE} in which no obstacle changed
     */
    StandstillWatch(
            Supplier<List<String>> obstacles,
            BooleanSupplier begun,
            LongSupplier nanos,
            Consumer<String> say,
            Consumer<String> giveUp) {
        this.obstacles = obstacles;
        this.begun = begun;
        this.nanos = nanos;
        this.say = say;
        this.giveUp = giveUp;
    }

    /** Looks from now on until it is closed. */
    StandstillWatch start() {
        timer.scheduleWithFixedDelay(this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return this;
    }

    /** Looks once. */
    void look() {
        List<String> now = obstacles.get();
        long time = nanos.getAsLong();
        if (now.isEmpty() || last.isEmpty()) {
            since = time;
            said = time;
        }
        if (!now.equals(last)) {
            moved = time;
        }
        last = now;
        if (now.isEmpty()) {
            return;
        }
        String reason = String.join("; ", now);
        if (!begun.getAsBoolean() && time - moved >= PATIENCE.toNanos()) {
            giveUp.accept(
                    "the service did not start: nothing has moved for " + PATIENCE.toMinutes() + " minutes. " + reason
                            + ". Is another process of this prefix stuck, or the cluster short of brokers? The log says more");
            timer.shutdown();
        } else if (time - said >= SAY.toNanos()) {
            said = time;
            say.accept("not ready for " + TimeUnit.NANOSECONDS.toSeconds(time - since) + " s: " + reason);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
