package dev.lethe.streams.cli.replay;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.Arrival;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.MessageTooLargeException;
import dev.lethe.streams.client.Sent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.avro.specific.SpecificRecord;

/**
 * Requests under way: many at a time, so that a run is not as slow as the sum of their latencies. Kafka keeps their
 * order, since they are of one dataset.
 */
final class RequestPipeline {
    private static final int MAX_OUTSTANDING = 500;

    private final LetheClient client;
    private final Receipts receipts;
    private final Duration timeout;
    private final Deque<UnderWay> outstanding = new ArrayDeque<>();
    private final Map<String, SpecificRecord> first = new HashMap<>();
    private final List<UnderWay> repeated = new ArrayList<>();
    private final List<Long> latencies = new ArrayList<>();

    private record UnderWay(long line, String requestId, CompletableFuture<Sent> sent) {}

    RequestPipeline(LetheClient client, Receipts receipts, Duration timeout) {
        this.client = client;
        this.receipts = receipts;
        this.timeout = timeout;
    }

    /** Sends the request of a line; waits for the oldest one if there are too many under way. */
    void send(long line, String requestId, SpecificRecord request, long timestamp) {
        SpecificRecord before = first.putIfAbsent(requestId, request);
        UnderWay underWay = new UnderWay(line, requestId, client.send(request, timestamp));
        if (before == null) {
            outstanding.add(underWay);
        } else if (!before.equals(request)) {
            repeated.add(underWay);
        }
        while (outstanding.size() > MAX_OUTSTANDING) {
            finishOldest();
        }
    }

    /** Waits until every request has its receipt. */
    void drain() {
        while (!outstanding.isEmpty()) {
            finishOldest();
        }
    }

    private void finishOldest() {
        UnderWay oldest = outstanding.remove();
        sent(oldest).ifPresent(sent -> {
            Arrival arrival = client.awaitReceipt(sent, timeout);
            latencies.add(arrival.nanos() - sent.sentNanos());
            receipts.add(oldest.line(), arrival.receipt());
        });
    }

    /**
     * Adds the refusals of ids that were used again with other content. A refusal is written as soon as the request is
     * read, so it is there once a later request has its receipt.
     */
    void addConflicts() {
        repeated.forEach(repeat -> sent(repeat)
                .flatMap(client::receipt)
                .ifPresent(arrival -> receipts.addConflict(repeat.line(), arrival.receipt())));
        repeated.clear();
    }

    private Optional<Sent> sent(UnderWay underWay) {
        try {
            return Optional.of(underWay.sent().join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof MessageTooLargeException tooLarge) {
                receipts.addRefused(underWay.line(), underWay.requestId(), "TOO_LARGE", tooLarge.getMessage());
                return Optional.empty();
            }
            throw e.getCause() instanceof LetheException known ? known : e;
        }
    }

    /** Nanoseconds from sending to the receipt, one per request. */
    long[] latencies() {
        return latencies.stream().mapToLong(Long::longValue).sorted().toArray();
    }
}
