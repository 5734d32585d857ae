package dev.lethe.streams.topology;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What a stream thread's consumer has brought, before a task sees it. Kafka calls it on that thread.
 *
 * <p>Rows that a shard wrote back to its own partition of the samples topic are left out: they are in its store already,
 * one for each erased sample, and to a task they are like records that compaction took. The {@link Transaction} is told
 * how many records there are to work off.
 */
public final class PolledRecords implements ConsumerInterceptor<byte[], byte[]> {
    /** Key of the samples topic's name in the configuration of the consumer. */
    public static final String SAMPLES = "lethe.samples.topic";

    private String samples;
    private Origin origin;

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        ConsumerRecords<byte[], byte[]> left = withoutWrittenBack(records);
        Transaction.current().polled(left.count());
        return left;
    }

    private ConsumerRecords<byte[], byte[]> withoutWrittenBack(ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> left = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            var all = records.records(partition);
            var some = partition.topic().equals(samples)
                    ? all.stream().filter(record -> !wroteBack(record)).toList()
                    : all;
            if (!some.isEmpty()) {
                left.put(partition, some);
            }
        }
        return new ConsumerRecords<>(left, records.nextOffsets());
    }

    private boolean wroteBack(ConsumerRecord<?, ?> record) {
        return origin.marked(record.headers(), Nodes.ORIGIN_HEADER);
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        // Streams commits with its producer.
    }

    @Override
    public void configure(Map<String, ?> configs) {
        samples = (String) configs.get(SAMPLES);
        origin = new Origin(String.valueOf(configs.get(ConsumerConfig.GROUP_ID_CONFIG)));
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
