package dev.lethe.streams.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
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
    private final LetheMetrics lethe;
    private final Deque<Runnable> bound = new ArrayDeque<>();
    private KafkaStreamsMetrics streamsMeters;

    public Instruments() {
        registry.config().meterFilter(MeterFilter.deny(Instruments::isTooFine));
        lethe = new LetheMetrics(registry);
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

    /** Adds the meters of Kafka Streams; new tasks and stores are found within a minute, or at once by another call. */
    public void watch(KafkaStreams streams) {
        unwatch();
        streamsMeters = new KafkaStreamsMetrics(streams);
        streamsMeters.bindTo(registry);
    }

    private void unwatch() {
        if (streamsMeters != null) {
            streamsMeters.close();
        }
    }

    /** Adds the room that is left where a directory lies. */
    public void watch(Path directory) {
        new DiskSpaceMetrics(directory.toFile()).bindTo(registry);
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
        unwatch();
        while (!bound.isEmpty()) {
            bound.pop().run();
        }
        registry.close();
    }
}
