package dev.lethe.streams.topology;

import dev.lethe.streams.registry.SchemaRegistry;
import java.nio.ByteBuffer;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Reads Confluent's framing beside our own: a zero byte, the id of the writer's schema as 32 bits, most significant byte
 * first, the binary record. Our own begins with C3, so a byte tells them apart.
 *
 * @param registry null: only our own is read
 */
record Framing(SchemaRegistry registry) {
    private static final byte MAGIC = 0;
    private static final int HEADER_BYTES = 1 + Integer.BYTES;

    /** A reader of messages that can be told which schema they were written with. */
    interface Reader<V> extends Deserializer<V> {
        /** @param from where the record begins in {@code bytes} */
        V deserialize(String topic, Schema writer, byte[] bytes, int from);
    }

    /** The same deserializer, for both framings. */
    <V> Deserializer<V> over(Deserializer<V> own) {
        if (registry == null || !(own instanceof Reader<V> reader)) {
            return own;
        }
        return (topic, bytes) -> {
            if (bytes == null || bytes.length == 0 || bytes[0] != MAGIC) {
                return own.deserialize(topic, bytes);
            }
            if (bytes.length < HEADER_BYTES) {
                throw new SerializationException("topic " + topic + ": value of " + bytes.length
                        + " bytes begins like Confluent's framing, whose header has " + HEADER_BYTES);
            }
            int id = ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt();
            return reader.deserialize(topic, registry.schema(id), bytes, HEADER_BYTES);
        };
    }
}
