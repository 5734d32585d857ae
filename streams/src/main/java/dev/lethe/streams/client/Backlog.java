package dev.lethe.streams.client;

import dev.lethe.streams.topology.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What topics held when a consumer began to read them. One thread, the consumer's. */
public final class Backlog {
    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> ends;

    private Backlog(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        this.consumer = consumer;
        this.ends = ends;
    }

    /**
     * Assigns all partitions of these topics to a consumer, from their first records on.
     *
     * @throws org.apache.kafka.common.KafkaException if Kafka does not answer or a topic is not there; nothing is assigned
     */
    public static Backlog assign(Consumer<byte[], byte[]> consumer, List<Topic<String, ?>> topics) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (Topic<String, ?> topic : topics) {
            List<PartitionInfo> found = consumer.partitionsFor(topic.name());
            if (found.isEmpty()) {
                throw new UnknownTopicOrPartitionException("topic " + topic.name() + " is not there");
            }
            found.forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
        }
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return new Backlog(consumer, ends);
    }

    /** Whether all of it has been handed out. */
    public boolean isRead() {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }
}
