package dev.lethe.streams;

import dev.lethe.streams.http.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.processor.StateRestoreListener;

/** Health of a service as the state of Kafka Streams and the stores that are still being restored, and the models that are still loading, tell it. */
final class ServiceHealth implements Health, StateRestoreListener {
    private final Supplier<State> state;
    private final Supplier<Optional<String>> failure;
    private final IntSupplier loadingModels;
    private final Supplier<List<String>> warnings;
    /** Records that are still to be read, per store and partition. */
    private final Map<String, Long> restoring = new ConcurrentHashMap<>();

    ServiceHealth(
            Supplier<State> state,
            Supplier<Optional<String>> failure,
            IntSupplier loadingModels,
            Supplier<List<String>> warnings) {
        this.loadingModels = loadingModels;
        this.state = state;
        this.failure = failure;
        this.warnings = warnings;
    }

    @Override
    public List<String> warnings() {
        return warnings.get();
    }

    @Override
    public Optional<String> failure() {
        return failure.get();
    }

    @Override
    public List<String> obstacles() {
        List<String> obstacles = new ArrayList<>();
        failure().ifPresent(obstacles::add);
        if (obstacles.isEmpty() && state.get() != State.RUNNING) {
            obstacles.add("Kafka Streams is " + state.get() + ", expected RUNNING");
        }
        new TreeMap<>(restoring)
                .forEach((store, left) -> obstacles.add("store " + store + ": " + left + " records to restore"));
        int loading = loadingModels.getAsInt();
        if (loading > 0) {
            obstacles.add("models whose factor is being rebuilt: " + loading);
        }
        return obstacles;
    }

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long start, long end) {
        restoring.put(name(partition, store), Math.max(0, end - start));
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long end, long restored) {
        restoring.computeIfPresent(name(partition, store), (key, left) -> Math.max(0, left - restored));
    }

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long total) {
        restoring.remove(name(partition, store));
    }

    @Override
    public void onRestoreSuspended(TopicPartition partition, String store, long total) {
        restoring.remove(name(partition, store));
    }

    private static String name(TopicPartition partition, String store) {
        return store + "-" + partition.partition();
    }
}
