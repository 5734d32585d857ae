package dev.lethe.streams.client;

import dev.lethe.streams.LetheException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** How far the service has worked off its input: the committed offsets of its consumer group. */
final class GroupProgress {
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final Admin admin;
    private final String group;
    private final Supplier<Optional<String>> serviceFailure;

    GroupProgress(Admin admin, String group, Supplier<Optional<String>> serviceFailure) {
        this.admin = admin;
        this.group = group;
        this.serviceFailure = serviceFailure;
    }

    /**
     * Waits until everything up to the positions is processed and committed.
     *
     * @throws LetheException on a timeout, or when the service failed
     */
    void await(Positions positions, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!reached(positions)) {
            serviceFailure.get().ifPresent(reason -> {
                throw new LetheException(reason);
            });
            if (System.nanoTime() > deadline) {
                throw new LetheException("group " + group + " did not work off " + positions.last() + " within "
                        + timeout.toSeconds() + " s: is the service running?");
            }
            pause();
        }
    }

    private boolean reached(Positions positions) {
        Map<TopicPartition, OffsetAndMetadata> committed = committed(positions);
        return positions.last().entrySet().stream().allMatch(entry -> {
            OffsetAndMetadata next = committed.get(entry.getKey());
            return next != null && next.offset() > entry.getValue();
        });
    }

    private Map<TopicPartition, OffsetAndMetadata> committed(Positions positions) {
        var spec = new ListConsumerGroupOffsetsSpec()
                .topicPartitions(positions.last().keySet());
        try {
            return admin.listConsumerGroupOffsets(Map.of(group, spec))
                    .partitionsToOffsetAndMetadata(group)
                    .get();
        } catch (ExecutionException e) {
            throw new LetheException(
                    "offsets of group " + group + " cannot be read: "
                            + e.getCause().getMessage(),
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while waiting for group " + group, e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetheException("interrupted while waiting for the service", e);
        }
    }
}
