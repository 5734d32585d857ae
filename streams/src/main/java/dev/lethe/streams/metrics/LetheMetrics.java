package dev.lethe.streams.metrics;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Locale;

/**
 * Lethe's own meters, all of them. Counted when something is written, not when its transaction is committed: what a
 * rolled back transaction did is counted again. Labels have few values each; no model, dataset or request id is one.
 */
public final class LetheMetrics {
    private static final Duration SHORTEST = Duration.ofMillis(5);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final MeterRegistry registry;

    public LetheMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Meters that nobody reads, for a topology without a service around it. */
    public static LetheMetrics unread() {
        return new LetheMetrics(new SimpleMeterRegistry());
    }

    /** A receipt was written. */
    public void answered(Receipt receipt) {
        String type = word(receipt.getType());
        Counter.builder("lethe.requests")
                .description("Requests that have their receipt")
                .tag("type", type)
                .tag("outcome", word(receipt.getStatus()))
                .register(registry)
                .increment();
        Timer.builder("lethe.request.duration")
                .description("From the record time of a request to its receipt")
                .tag("type", type)
                .publishPercentileHistogram()
                .minimumExpectedValue(SHORTEST)
                .maximumExpectedValue(LONGEST)
                .register(registry)
                .record(Duration.ofMillis(Math.max(0, receipt.getReceiptTime() - receipt.getRequestTime())));
    }

    /** A version was published. */
    public void published(ModelVersion version) {
        Counter.builder("lethe.versions")
                .description("Published versions by how they were made")
                .tag("kind", word(version.getKind()))
                .register(registry)
                .increment();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
