package dev.lethe.streams.topology;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * A message with the partition it goes to. Reply partitions travel inside the messages, so that they need not be computed
 * from a key: producers of other languages hash differently.
 *
 * @param message null: a tombstone
 */
record Addressed(SpecificRecord message, Target target, OptionalInt partition, Once encoded) {

    /** The encoded message: the same for every partition that it goes to. */
    static final class Once {
        private byte[] bytes;

        private byte[] by(Serializer<SpecificRecord> serializer, String topic, SpecificRecord message) {
            if (bytes == null) {
                bytes = serializer.serialize(topic, message);
            }
            return bytes;
        }
    }

    private Addressed(SpecificRecord message, Target target, OptionalInt partition) {
        this(message, target, partition, new Once());
    }

    enum Target {
        /** Every partition of the topic. */
        ALL,
        /** One given partition. */
        ONE,
        /** Wherever the producer's default partitioner puts the key. */
        BY_KEY
    }

    static Addressed toAll(SpecificRecord message) {
        return new Addressed(message, Target.ALL, OptionalInt.empty());
    }

    static Addressed to(int partition, SpecificRecord message) {
        return new Addressed(message, Target.ONE, OptionalInt.of(partition));
    }

    static Addressed byKey(SpecificRecord message) {
        return new Addressed(message, Target.BY_KEY, OptionalInt.empty());
    }

    /** The partitioner of every sink. */
    static StreamPartitioner<String, Addressed> partitioner() {
        return (topic, key, value, partitions) -> switch (value.target) {
            case ALL -> Optional.of(IntStream.range(0, partitions).boxed().collect(Collectors.toSet()));
            case ONE -> Optional.of(Set.of(value.partition.getAsInt()));
            case BY_KEY -> Optional.empty();
        };
    }

    /** A topic's own serializer, applied to the message inside. */
    @SuppressWarnings("unchecked") // a sink is only ever given the messages of its topic; its serde refuses others
    static Serializer<Addressed> serializer(Topic<String, ?> topic) {
        Serializer<SpecificRecord> values =
                (Serializer<SpecificRecord>) topic.values().serializer();
        return (name, value) -> value.encoded.by(values, name, value.message);
    }
}
