package dev.lethe.streams;

import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.TopicSetup;
import dev.lethe.streams.local.DataDirectory;
import dev.lethe.streams.store.BoundedRocksDb;
import dev.lethe.streams.topology.PolledRecords;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.UnreadableRecords;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The configuration of Kafka Streams that a service's configuration comes to. */
public final class StreamsProperties {
    /** A crashed member of a cluster is given up after this; the embedded broker's only member is never replaced. */
    private static final String CLUSTER_SESSION_TIMEOUT_MS = "10000";

    /** How often it is looked whether a process that joined has its stores and can take its share; 10 minutes is long. */
    private static final String CLUSTER_PROBING_MS = "60000";

    /** A partition's share of one transaction, at most. */
    private static final int BATCH_BYTES = 256 << 10;

    private StreamsProperties() {}

    /** What Kafka Streams is given: the configuration, and the state of this process in its data directory. */
    public static Properties of(ServiceConfig config, DataDirectory data, String bootstrapServers) {
        Properties p = new Properties();
        p.putAll(config.kafka().values());
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, config.prefix());
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.STATE_DIR_CONFIG, data.streams().toString());
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
        p.put(StreamsConfig.POLL_MS_CONFIG, config.poll().toMillis());
        p.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbyReplicas());
        // A task with a record does not wait until its other topics are known to have none: nothing here relies on an
        // order
        // between topics, and with writers of its own inside the answer is late.
        p.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) config.replicationFactor());
        p.put(
                StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG,
                config.topics().deadLetters().name());
        p.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, UnreadableRecords.class);
        p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
        p.put(BoundedRocksDb.BYTES, (long) config.rocksdbMemoryMb() << 20);
        addInternalTopics(p);
        addMembership(p, config, data);
        return p;
    }

    /** Changelogs hold rows as well: what is erased must leave them too. */
    private static void addInternalTopics(Properties p) {
        p.put(
                StreamsConfig.topicPrefix(TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG),
                Long.toString(Topic.COMPACTION_LAG.toMillis()));
        p.put(
                StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG),
                Integer.toString(TopicSetup.INTERNAL_MESSAGE_BYTES));
        p.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), TopicSetup.INTERNAL_MESSAGE_BYTES);
    }

    private static void addMembership(Properties p, ServiceConfig config, DataDirectory data) {
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), data.instanceId());
        if (!config.embedded()) {
            p.putIfAbsent(
                    StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), CLUSTER_SESSION_TIMEOUT_MS);
            p.putIfAbsent(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, CLUSTER_PROBING_MS);
        }
        // A new consumer must not skip the first records.
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        addInterceptor(p, config);
        addBatching(p);
    }

    /** Beside those that the configuration names for all consumers or for this one. */
    private static void addInterceptor(Properties p, ServiceConfig config) {
        String setting = ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG;
        Object own = p.get(StreamsConfig.mainConsumerPrefix(setting));
        if (own == null) {
            own = p.getOrDefault(StreamsConfig.consumerPrefix(setting), p.get(setting));
        }
        String ours = PolledRecords.class.getName();
        p.put(StreamsConfig.mainConsumerPrefix(setting), own == null ? ours : own + "," + ours);
        p.put(
                StreamsConfig.mainConsumerPrefix(PolledRecords.SAMPLES),
                config.topics().samples().name());
    }

    /**
     * Readers see a transaction when it is committed, and a commit sends what is there: before, sending early only makes
     * more requests, of which each must add its partitions to the transaction.
     */
    private static void addBatching(Properties p) {
        p.putIfAbsent(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), "1000");
        p.putIfAbsent(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), Integer.toString(BATCH_BYTES));
        // A transaction that begins before the last one's markers are written is told to come again: 100 ms later by
        // default.
        p.putIfAbsent(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), "3");
    }
}
