package dev.lethe.streams.topology;

import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;

/**
 * A topic and how its records are read and written, as one value: used by the topology, the clients, the tests and the
 * deployment alike.
 *
 * @param name full topic name
 * @param group which partition count it has; topics of one group are consumed together and must be equal
 * @param cleanup Kafka's cleanup.policy
 * @param keys serde of keys
 * @param values serde of values
 */
public record Topic<K, V>(String name, Group group, String cleanup, Serde<K> keys, Serde<V> values) {

    /** How long an erased row may stay in a compacted topic, changelogs included. */
    public static final Duration COMPACTION_LAG = Duration.ofDays(1);

    /** Topics of a group have equal partition counts, fixed for life. */
    public enum Group {
        REQUESTS,
        SHARDS,
        MODELS,
        OUTPUT
    }
}
