package dev.lethe.streams.topology;

import org.apache.kafka.streams.processor.api.ProcessorContext;

/**
 * Ends a stream thread's transaction as soon as the thread has worked off a poll that brought little: what the next hop
 * waits for is all there, and waiting for the interval would bring nothing more. Under a backlog polls are full and the
 * transaction lasts its whole interval, so that its cost is shared by many records.
 *
 * <p>One per stream thread, as there is one transaction per stream thread.
 */
final class Transaction {
    /** A poll with more records than this is a backlog's; one that is full has 1 000. */
    private static final int LITTLE = 250;

    private static final ThreadLocal<Transaction> CURRENT = ThreadLocal.withInitial(Transaction::new);

    private boolean little;
    private int left;
    private boolean produced;
    private boolean urgent;

    private Transaction() {}

    /** The calling thread's. */
    static Transaction current() {
        return CURRENT.get();
    }

    /**
     * A poll has brought records. What was left of an earlier one is not counted, and records that cannot be read are: a
     * transaction may end a little early, once for each poll, or only by its interval.
     */
    void polled(int records) {
        little = records <= LITTLE;
        left = records;
    }

    /** Something was sent, or will be at the end of this transaction. */
    void produced() {
        produced = true;
    }

    /** What was sent holds others up: they are not to wait for the interval. */
    void urgent() {
        urgent = true;
    }

    /** A record was worked off. @param context of its processor */
    void worked(ProcessorContext<?, ?> context) {
        if (--left == 0 && little || urgent) {
            endIfProduced(context);
        }
    }

    /** Ends if there is something in it, whatever is left of the poll. */
    void endIfProduced(ProcessorContext<?, ?> context) {
        if (produced) {
            context.commit();
        }
    }

    /** It ends now. */
    void ended() {
        produced = false;
        urgent = false;
    }
}
