package dev.lethe.streams.cli.replay;

/**
 * Record times that only grow: "samples not later than the deletion of their subject" is decided by them, and two events
 * in one millisecond must not be mistaken.
 */
final class EventClock {
    private long last;

    /** The present time, or the millisecond after the last one given. */
    long next() {
        last = Math.max(last + 1, System.currentTimeMillis());
        return last;
    }
}
