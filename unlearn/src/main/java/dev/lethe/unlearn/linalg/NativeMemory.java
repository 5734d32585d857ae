package dev.lethe.unlearn.linalg;

import java.util.concurrent.atomic.AtomicLong;

/** What the matrices of this process take outside the heap. Matrices that are dropped without being closed go on counting. */
public final class NativeMemory {

    private static final AtomicLong IN_USE = new AtomicLong();
    private static final AtomicLong PEAK = new AtomicLong();
    private static final AtomicLong ALLOCATIONS = new AtomicLong();

    private NativeMemory() {}

    static void taken(long bytes) {
        ALLOCATIONS.incrementAndGet();
        PEAK.accumulateAndGet(IN_USE.addAndGet(bytes), Math::max);
    }

    static void freed(long bytes) {
        IN_USE.addAndGet(-bytes);
    }

    /** Bytes of all open matrices. */
    public static long inUse() {
        return IN_USE.get();
    }

    /** The most that was in use at once since {@link #resetPeak()}. */
    public static long peak() {
        return PEAK.get();
    }

    /** The peak begins anew at what is in use now. */
    public static void resetPeak() {
        PEAK.set(IN_USE.get());
    }

    /** Matrices ever made; each is one INDArray, and nothing else makes any. */
    public static long allocations() {
        return ALLOCATIONS.get();
    }
}
