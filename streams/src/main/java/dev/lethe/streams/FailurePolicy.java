package dev.lethe.streams;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream thread that dies is replaced: its transaction was rolled back, and most causes pass (a lost broker, a fenced
 * producer). One that keeps dying does so on its input, and replacing it for ever would hide that.
 */
final class FailurePolicy implements StreamsUncaughtExceptionHandler {
    private static final Logger log = LoggerFactory.getLogger(FailurePolicy.class);
    static final int MAX_REPLACED = 5;
    static final Duration WINDOW = Duration.ofMinutes(5);

    private final Deque<Instant> recent = new ArrayDeque<>();
    private String reason = "no reason is known; see the log";

    @Override
    public synchronized StreamThreadExceptionResponse handle(Throwable exception) {
        Instant now = Instant.now();
        recent.removeIf(time -> time.isBefore(now.minus(WINDOW)));
        recent.add(now);
        // What is said in our own words is for somebody to mend; trying again would not.
        boolean giveUp = recent.size() > MAX_REPLACED
                || exception instanceof Error
                || innermost(exception) instanceof LetheException;
        reason = describe(exception);
        log.atError()
                .setCause(exception)
                .addKeyValue("failures", recent.size())
                .addKeyValue("action", giveUp ? "stop" : "replace")
                .log("a stream thread died");
        return giveUp ? StreamThreadExceptionResponse.SHUTDOWN_CLIENT : StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    /** The last failure, in a sentence. */
    synchronized String reason() {
        return reason;
    }

    /** Type and place of the innermost cause; its message only if it is ours, since others may quote data. */
    private static String describe(Throwable exception) {
        Throwable cause = innermost(exception);
        StackTraceElement[] trace = cause.getStackTrace();
        String where = trace.length == 0 ? "" : " at " + trace[0];
        return cause instanceof LetheException
                ? cause.getMessage()
                : cause.getClass().getSimpleName() + where + " (the log has the whole trace)";
    }

    private static Throwable innermost(Throwable exception) {
        Throwable cause = exception;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
