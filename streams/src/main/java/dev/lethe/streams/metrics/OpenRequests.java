package dev.lethe.streams.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Requests that have no receipt yet, of the tasks in this process: how many, and since when the oldest waits. What the law
 * counts is the time from the request, so this is what an alert looks at first.
 */
public final class OpenRequests {
    private final LongSupplier clock;
    /** Record times by task and request id. */
    private final Map<String, Map<String, Long>> tasks = new ConcurrentHashMap<>();

    /** @param clock ms since the epoch */
    OpenRequests(MeterRegistry registry, LongSupplier clock) {
        this.clock = clock;
        Gauge.builder("lethe.requests.open", this, OpenRequests::count)
                .description("Requests without a receipt")
                .register(registry);
        Gauge.builder("lethe.request.age.oldest", this, OpenRequests::oldestSeconds)
                .description("Time since the record time of the oldest request without a receipt; 0: none")
                .baseUnit("seconds")
                .register(registry);
    }

    /** A request was entered into the ledger, or found there without a receipt. */
    public void opened(String task, String requestId, long recordTime) {
        tasks.computeIfAbsent(task, key -> new ConcurrentHashMap<>()).put(requestId, recordTime);
    }

    /** A request has its receipt. One that was never counted is allowed: a restarted task counts what it finds as it looks. */
    public void closed(String task, String requestId) {
        Map<String, Long> open = tasks.get(task);
        if (open != null) {
            open.remove(requestId);
        }
    }

    /** A task left this process. */
    public void left(String task) {
        tasks.remove(task);
    }

    private double count() {
        return tasks.values().stream().mapToInt(Map::size).sum();
    }

    private double oldestSeconds() {
        long now = clock.getAsLong();
        return tasks.values().stream()
                        .flatMap(open -> open.values().stream())
                        .mapToLong(since -> Math.max(0, now - since))
                        .max()
                        .orElse(0)
                / 1_000.0;
    }
}
