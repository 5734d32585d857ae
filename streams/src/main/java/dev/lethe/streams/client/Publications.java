package dev.lethe.streams.client;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.topology.Topic;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows receipts and versions on a thread of its own, and lets others wait for them. */
final class Publications implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Publications.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /** Versions of a big model add up; the newest ones are what is asked for. */
    private static final long MAX_VERSION_BYTES = 64L << 20;

    private final Consumer<byte[], byte[]> consumer;
    private final Topic<String, dev.lethe.schemas.Receipt> receiptTopic;
    private final Topic<String, ModelVersion> versionTopic;
    private final Supplier<Optional<String>> serviceFailure;
    private final Thread thread = new Thread(this::run, "lethe-publications");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, List<Arrival>> receipts = new HashMap<>();
    private final Map<String, TreeMap<Long, ModelVersion>> versions = new HashMap<>();
    private final Map<String, Long> versionBytes = new HashMap<>();
    private String failure;

    Publications(
            ClientSettings settings,
            Consumer<byte[], byte[]> consumer,
            boolean fromBeginning,
            Supplier<Optional<String>> serviceFailure) {
        this.consumer = consumer;
        this.receiptTopic = settings.topics().receipts();
        this.versionTopic = settings.topics().versions();
        this.serviceFailure = serviceFailure;
        List<TopicPartition> partitions = Stream.of(receiptTopic, versionTopic)
                .flatMap(topic -> consumer.partitionsFor(topic.name()).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        if (fromBeginning) {
            consumer.seekToBeginning(partitions);
        } else {
            consumer.seekToEnd(partitions);
        }
        // Seeking is lazy: fix the place now, so that nothing published from here on is missed.
        partitions.forEach(consumer::position);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try (consumer) {
            while (!Thread.currentThread().isInterrupted()) {
                var records = consumer.poll(POLL);
                lock.lock();
                try {
                    records.forEach(this::take);
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        } catch (WakeupException e) {
            log.atDebug().log("stopped");
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void fail(RuntimeException e) {
        log.atWarn().setCause(e).log("following receipts and versions failed");
        lock.lock();
        try {
            failure = "following receipts and versions failed: " + e.getMessage();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.topic().equals(receiptTopic.name())) {
                var receipt = receiptTopic.values().deserializer().deserialize(record.topic(), record.value());
                receipts.computeIfAbsent(receipt.getRequestId(), id -> new CopyOnWriteArrayList<>())
                        .add(new Arrival(receipt, System.nanoTime()));
            } else {
                keep(versionTopic.values().deserializer().deserialize(record.topic(), record.value()));
            }
        } catch (SerializationException e) {
            log.atWarn()
                    .addKeyValue("topic", record.topic())
                    .addKeyValue("offset", record.offset())
                    .addKeyValue("reason", e.getMessage())
                    .log("unreadable record skipped");
        }
    }

    private void keep(ModelVersion version) {
        String id = version.getModelId();
        TreeMap<Long, ModelVersion> kept = versions.computeIfAbsent(id, m -> new TreeMap<>());
        kept.put(version.getVersion(), version);
        long bytes = versionBytes.merge(id, (long) version.getTheta().remaining(), Long::sum);
        while (bytes > MAX_VERSION_BYTES && kept.size() > 1) {
            bytes -= kept.pollFirstEntry().getValue().getTheta().remaining();
            versionBytes.put(id, bytes);
        }
    }

    /** Receipts of a request so far, in order of arrival. */
    List<Arrival> receipts(String requestId) {
        return locked(() -> List.copyOf(receipts.getOrDefault(requestId, List.of())));
    }

    Optional<ModelVersion> version(String modelId, long number) {
        return locked(() -> Optional.ofNullable(
                versions.getOrDefault(modelId, new TreeMap<>()).get(number)));
    }

    Optional<ModelVersion> latestVersion(String modelId) {
        return locked(() -> Optional.ofNullable(versions.get(modelId))
                .map(kept -> kept.lastEntry().getValue()));
    }

    /**
     * Waits until something is there.
     *
     * @param look called under the lock, after each arrival
     * @param what for the error
     * @throws LetheException on a timeout, or when the service or this follower failed
     */
    <T> T await(Supplier<Optional<T>> look, Duration timeout, String what) {
        long deadline = System.nanoTime() + timeout.toNanos();
        lock.lock();
        try {
            while (true) {
                Optional<T> found = look.get();
                if (found.isPresent()) {
                    return found.get();
                }
                requireAlive();
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new LetheException("no " + what + " within " + timeout.toSeconds()
                            + " s: is the service running, with this prefix?");
                }
                changed.awaitNanos(Math.min(left, POLL.toNanos()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    private void requireAlive() {
        Optional.ofNullable(failure).or(serviceFailure).ifPresent(reason -> {
            throw new LetheException(reason);
        });
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join(CLOSE_TIMEOUT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
