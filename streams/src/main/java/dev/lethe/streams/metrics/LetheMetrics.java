package dev.lethe.streams.metrics;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.streams.publish.EvidenceJson;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Lethe's own meters, all of them. Counted when something is written, not when its transaction is committed: what a
 * rolled back transaction did is counted again. Labels have few values each; a model's id is one only within
 * {@link ModelGauges}' limit.
 */
public final class LetheMetrics {
    private static final Duration SHORTEST = Duration.ofMillis(5);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final Duration SHORTEST_PATCH = Duration.ofNanos(10_000);
    private static final Duration LONGEST_PATCH = Duration.ofSeconds(1);

    private final MeterRegistry registry;
    private final OpenRequests openRequests;
    private final ModelGauges models;
    /** A meter is looked up by its labels only once: there is a receipt for each request. */
    private final Map<Outcome, Counter> outcomes = new ConcurrentHashMap<>();

    private final Map<RequestType, Timer> durations = new ConcurrentHashMap<>();
    private final Set<String> loading = ConcurrentHashMap.newKeySet();
    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    /** By model how far its training is, 0 to 1. */
    private final Map<String, Double> training = new ConcurrentHashMap<>();

    private record Outcome(RequestType type, ReceiptStatus status) {}

    public LetheMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.openRequests = new OpenRequests(registry, System::currentTimeMillis);
        this.models = new ModelGauges(registry);
        Gauge.builder("lethe.models.loading", loading, Set::size)
                .description("Models whose factor is being rebuilt after a start")
                .register(registry);
        Gauge.builder("lethe.models.failing", failing, Set::size)
                .description("Models that cannot take in the changes that came")
                .register(registry);
        Gauge.builder("lethe.models.training", training, Map::size)
                .description("Networks that are being fitted from their samples")
                .register(registry);
        Gauge.builder("lethe.training.progress", training, LetheMetrics::slowest)
                .description("How far the training is that is least far, 0 to 1; 1: none is under way")
                .register(registry);
    }

    private static double slowest(Map<String, Double> training) {
        return training.values().stream().mapToDouble(Double::doubleValue).min().orElse(1);
    }

    /** How far a network's training is. @param done 0 to 1; NaN: it has ended */
    public void training(String model, double done) {
        if (Double.isNaN(done)) {
            training.remove(model);
        } else {
            training.put(model, done);
        }
    }

    /** Requests without a receipt. */
    public OpenRequests openRequests() {
        return openRequests;
    }

    /** A model has begun, or has ended, to rebuild what it needs before it can patch. */
    public void loading(String model, boolean now) {
        if (now) {
            loading.add(model);
        } else {
            loading.remove(model);
        }
    }

    /** How many models cannot patch yet. */
    public int loading() {
        return loading.size();
    }

    /** Watches one place that versions are carried to. @param failing asked at each scrape */
    public void sink(String name, BooleanSupplier failing) {
        Gauge.builder("lethe.publishing.failing", failing, f -> f.getAsBoolean() ? 1 : 0)
                .description("1: versions do not get to this place at the moment")
                .tag("sink", name)
                .strongReference(true)
                .register(registry);
    }

    /** A model cannot take in the changes that came, or can again. */
    public void failing(String model, boolean now) {
        if (now) {
            failing.add(model);
        } else {
            failing.remove(model);
        }
    }

    /** A model is not in this process any more. */
    public void left(String model) {
        failing.remove(model);
        models.left(model);
    }

    /** A patch was computed and sent. @param nanos from the folded changes to the sent version */
    public void patched(long nanos) {
        Timer.builder("lethe.patch.duration")
                .description("From folded changes to a sent version, on the stream thread")
                .publishPercentileHistogram()
                .minimumExpectedValue(SHORTEST_PATCH)
                .maximumExpectedValue(LONGEST_PATCH)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A patch could not be trusted: the model has to be fitted from its samples. @param code why, machine-readable */
    public void refitAdvised(String code) {
        Counter.builder("lethe.refits.advised")
                .description("Patches that were not trusted and became fits from the samples")
                .tag("reason", code.toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }

    /** Meters that nobody reads, for a topology without a service around it. */
    public static LetheMetrics unread() {
        return new LetheMetrics(new SimpleMeterRegistry());
    }

    /** A receipt was written. */
    public void answered(Receipt receipt) {
        outcomes.computeIfAbsent(new Outcome(receipt.getType(), receipt.getStatus()), this::counter)
                .increment();
        durations
                .computeIfAbsent(receipt.getType(), this::duration)
                .record(Math.max(0, receipt.getReceiptTime() - receipt.getRequestTime()), TimeUnit.MILLISECONDS);
    }

    private Counter counter(Outcome outcome) {
        return Counter.builder("lethe.requests")
                .description("Requests that have their receipt")
                .tag("type", word(outcome.type))
                .tag("outcome", word(outcome.status))
                .register(registry);
    }

    private Timer duration(RequestType type) {
        return Timer.builder("lethe.request.duration")
                .description("From the record time of a request to its receipt")
                .tag("type", word(type))
                .publishPercentileHistogram()
                .minimumExpectedValue(SHORTEST)
                .maximumExpectedValue(LONGEST)
                .register(registry);
    }

    /** A version was published. */
    public void published(ModelVersion version) {
        Counter.builder("lethe.versions")
                .description("Published versions by how they were made")
                .tag("kind", kind(version))
                .register(registry)
                .increment();
        models.published(version);
    }

    /**
     * Which version of a model is the champion.
     *
     * @param holdsErased it was made before data that has been erased since
     */
    public void champion(String model, long version, boolean holdsErased) {
        models.champion(model, version, holdsErased);
    }

    private static String kind(ModelVersion version) {
        return EvidenceJson.kind(version.getKind(), version.getEvidence()).toLowerCase(Locale.ROOT);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
