package dev.lethe.streams.client;

import dev.lethe.schemas.Receipt;

/**
 * A receipt as a client saw it.
 *
 * @param receipt the receipt
 * @param nanos {@link System#nanoTime} of its arrival
 */
public record Arrival(Receipt receipt, long nanos) {

    boolean answers(Sent sent) {
        return receipt.getPartition() == sent.partition() && receipt.getOffset() == sent.offset();
    }
}
