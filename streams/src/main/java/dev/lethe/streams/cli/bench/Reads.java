package dev.lethe.streams.cli.bench;

import java.util.Arrays;
import java.util.List;

/** What the reads of one thread took, in nanoseconds, each kept. Written by one thread, read after it has gone on. */
final class Reads {
    private final long[] took;
    private final long[] own;
    private volatile int count;
    private long version;
    private volatile int versions;

    Reads(int capacity) {
        took = new long[capacity];
        own = new long[capacity];
    }

    /**
     * A read.
     *
     * @param nanos from its beginning to its end
     * @param queued of these, without a core although ready to run
     * @param seen the version that was read
     */
    void add(long nanos, long queued, long seen) {
        int at = count;
        took[at] = nanos;
        own[at] = Math.max(0, nanos - queued);
        count = at + 1;
        if (seen != version) {
            version = seen;
            versions = versions + 1;
        }
    }

    /** Different versions seen, one after the other. */
    int versions() {
        return versions;
    }

    /** Of several threads, ascending. */
    static long[] took(List<Reads> all) {
        return all.stream()
                .flatMapToLong(r -> Arrays.stream(r.took, 0, r.count))
                .sorted()
                .toArray();
    }

    /** The same without the time in which there was no core. */
    static long[] own(List<Reads> all) {
        return all.stream()
                .flatMapToLong(r -> Arrays.stream(r.own, 0, r.count))
                .sorted()
                .toArray();
    }
}
