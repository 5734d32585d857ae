package dev.lethe.streams.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.streams.KafkaStreams;

/** The meters of one process: Lethe's, Kafka Streams' with its clients and RocksDB, the JVM's. */
public final class Instruments implements AutoCloseable {
    /** Kafka's groups with a series per processor node, partition or broker: thousands, and no question asks for them. */
    private static final List<String> TOO_FINE = List.of(
            "kafka.stream.processor.node",
            "kafka.stream.topic",
            "kafka.consumer.node",
            "kafka.producer.node",
            "kafka.producer.topic",
            "kafka.admin.client.node");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LetheMetrics lethe = new LetheMetrics(registry);
    private final Deque<Runnable> bound = new ArrayDeque<>();

    public Instruments() {
        registry.config().meterFilter(MeterFilter.deny(Instruments::isTooFine));
        JvmGcMetrics pauses = new JvmGcMetrics();
        pauses.bindTo(registry);
        bound.push(pauses::close);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    private static boolean isTooFine(Meter.Id id) {
        return TOO_FINE.stream().anyMatch(id.getName()::startsWith);
    }

    /** Adds the meters of Kafka Streams; new tasks and stores are found within a minute. */
    public void watch(KafkaStreams streams) {
        KafkaStreamsMetrics meters = new KafkaStreamsMetrics(streams);
        meters.bindTo(registry);
        bound.push(meters::close);
    }

    /** All meters. */
    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Lethe's own. */
    public LetheMetrics lethe() {
        return lethe;
    }

    @Override
    public void close() {
        while (!bound.isEmpty()) {
            bound.pop().run();
        }
        registry.close();
    }
}
