package dev.lethe.streams.topology;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many open requests the ledgers of a process keep in memory together, each some hundred bytes. A backlog of one
 * dataset may take all of it. Safe for several threads.
 */
final class OpenAllowance {
    /** A burst of a hundred thousand requests. */
    private static final int MOST = 131_072;

    private final int most;
    private final AtomicInteger kept = new AtomicInteger();

    OpenAllowance() {
        this(MOST);
    }

    OpenAllowance(int most) {
        this.most = most;
    }

    /** More are kept from now on, or fewer. */
    void changed(int by) {
        kept.addAndGet(by);
    }

    boolean exceeded() {
        return kept.get() > most;
    }
}
