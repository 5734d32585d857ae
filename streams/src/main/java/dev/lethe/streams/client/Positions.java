package dev.lethe.streams.client;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * How far written records reach.
 *
 * @param last offset of the last record in each partition
 */
public record Positions(Map<TopicPartition, Long> last) {

    public Positions {
        last = Map.copyOf(last);
    }

    /** The further one in each partition. */
    public Positions and(Positions other) {
        Map<TopicPartition, Long> further = new HashMap<>(last);
        other.last.forEach((partition, offset) -> further.merge(partition, offset, Math::max));
        return new Positions(further);
    }
}
