package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Records under way to Kafka. Of any number of them only the furthest place in each partition and the first error are
 * kept.
 */
final class Batch {
    private final Map<TopicPartition, Long> last = new HashMap<>();
    private long underWay;
    private Throwable failure;

    void add(CompletableFuture<RecordMetadata> write) {
        synchronized (this) {
            underWay++;
        }
        write.whenComplete(this::finished);
    }

    private synchronized void finished(RecordMetadata at, Throwable error) {
        underWay--;
        if (error == null) {
            last.merge(new TopicPartition(at.topic(), at.partition()), at.offset(), Math::max);
        } else if (failure == null) {
            failure = error;
        }
        notifyAll();
    }

    /** Waits for all of them; bounded by the producer's own delivery timeout. */
    synchronized Positions positions() {
        try {
            while (underWay > 0) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while writing to Kafka", e);
        }
        if (failure != null) {
            throw failure instanceof LetheException known
                    ? known
                    : new LetheException("writing to Kafka failed: " + failure.getMessage(), failure);
        }
        return new Positions(last);
    }
}
