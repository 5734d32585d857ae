package dev.lethe.streams.store;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that all row caches of a process may take together. Thread-safe. */
public final class RowBudget {
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    /** @param limit in bytes; 0: nothing is cached */
    public RowBudget(long limit) {
        if (limit < 0) {
            throw new IllegalArgumentException("row cache: expected at least 0 bytes, got " + limit);
        }
        this.limit = limit;
    }

    /** Bytes in use now. */
    public long used() {
        return used.get();
    }

    /** Takes so many bytes, or nothing when they are not there. */
    boolean reserve(long bytes) {
        long before = used.get();
        while (bytes <= limit - before) {
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
            before = used.get();
        }
        return false;
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Whether at least a quarter is free. */
    boolean roomy() {
        return roomyWithout(0);
    }

    /** Whether at least a quarter is free once so many bytes more are given back. */
    boolean roomyWithout(long bytes) {
        return used.get() - bytes < limit - limit / 4;
    }
}
