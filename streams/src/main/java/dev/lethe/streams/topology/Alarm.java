package dev.lethe.streams.topology;

import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * A task's timer, set only while there is something to wait for. A punctuation makes its thread commit also when it did
 * nothing, and what arrives during a transaction waits for the next: timers that always run would cost every request a
 * commit interval at each hop.
 */
final class Alarm {
    private final ProcessorContext<?, ?> context;
    private final Runnable action;
    private Cancellable set;
    private long due;

    /** @param action run once per ring, on the stream thread */
    Alarm(ProcessorContext<?, ?> context, Runnable action) {
        this.context = context;
        this.action = action;
    }

    /** Rings after this time at the latest; an earlier ring stays as it is. */
    void within(Duration delay) {
        long at = context.currentSystemTimeMs() + delay.toMillis();
        if (set != null && due <= at) {
            return;
        }
        if (set != null) {
            set.cancel();
        }
        due = at;
        set = context.schedule(delay, PunctuationType.WALL_CLOCK_TIME, time -> ring());
    }

    private void ring() {
        set.cancel();
        set = null;
        action.run();
    }
}
