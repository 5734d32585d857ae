package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.FrozenSchemas;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RefreshFactor;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.VersionArtifact;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Avro single-object encoding (Avro 1.12 specification, "Single-object encoding"): two marker bytes, the schema's
 * 64-bit fingerprint, the binary record. The fingerprint tells the message types of one topic apart, so no registry is
 * needed. What was written with a schema of an older release is read as today's type ({@link FrozenSchemas}).
 */
public final class Messages {
    private static final int HEADER_BYTES = 10;
    private static final String PACKAGE = "dev.lethe.schemas.";

    static {
        // Since 1.12.2 Avro instantiates only classes it is told to trust; ours are its own generated ones.
        var others = ClassSecurityValidator.getGlobal();
        ClassSecurityValidator.setGlobal(type -> type.getName().startsWith(PACKAGE) || others.isTrusted(type));
    }

    static {
        SchemaSafety.install();
    }

    /** Its codecs are safe for several threads, and a schema's history is read once. */
    private static final ClassValue<Codec> CODECS = new ClassValue<>() {
        @Override
        protected Codec computeValue(Class<?> type) {
            return new Codec(type.asSubclass(SpecificRecord.class), FrozenSchemas.of(type.getSimpleName()));
        }
    };

    private Messages() {}

    /** Serde of a topic or store whose values are all of one generated class. */
    public static <T extends SpecificRecord> Serde<T> serde(Class<T> type) {
        return serde(List.of(type)).as(type);
    }

    /** The same, with the schemas of older writers given. */
    static <T extends SpecificRecord> Serde<T> serde(Class<T> type, List<Schema> older) {
        return new Union(List.of(new Codec(type, older))).as(type);
    }

    /** Every message type that travels on a topic; used by tests that walk all schemas. */
    public static List<Class<? extends SpecificRecord>> all() {
        return List.of(
                ModelSpec.class,
                Sample.class,
                DeleteRequest.class,
                RelabelRequest.class,
                RectifyRequest.class,
                SettleRequest.class,
                Part.class,
                ShardNotice.class,
                ModelNotice.class,
                Receipt.class,
                ModelOpened.class,
                Pass.class,
                Change.class,
                Cut.class,
                RefreshFactor.class,
                ShardStatistics.class,
                ModelVersion.class,
                VersionArtifact.class);
    }

    /** Single-object encoding of any generated message. */
    public static byte[] encode(SpecificRecord message) {
        return CODECS.get(message.getClass()).encode(message);
    }

    /** Serde of a topic that carries several message types. */
    public static Union serde(List<? extends Class<? extends SpecificRecord>> types) {
        return new Union(types.stream().<Codec>map(CODECS::get).toList());
    }

    /** A serde over a closed set of message types. */
    public static final class Union {
        private final Map<Long, Codec> byFingerprint = new HashMap<>();
        private final Map<Schema, Codec> bySchema;

        private Union(Collection<Codec> codecs) {
            codecs.forEach(codec -> codec.fingerprints.forEach(f -> byFingerprint.put(f, codec)));
            this.bySchema = codecs.stream().collect(Collectors.toMap(c -> c.schema, c -> c));
        }

        /** The same serde, typed by a common supertype of its messages. */
        public <T extends SpecificRecord> Serde<T> as(Class<T> type) {
            Serializer<T> serializer = (topic, value) -> value == null ? null : encode(value);
            Deserializer<T> deserializer = (topic, bytes) -> bytes == null ? null : type.cast(decode(topic, bytes));
            return Serdes.serdeFrom(serializer, deserializer);
        }

        /** The same for a topic on which a tombstone means nothing: reading one fails. */
        public <T extends SpecificRecord> Serde<T> required(Class<T> type) {
            Serde<T> serde = as(type);
            return Serdes.serdeFrom(serde.serializer(), (topic, bytes) -> {
                if (bytes == null) {
                    throw new SerializationException(
                            "topic " + topic + ": expected one of " + names() + ", got no value");
                }
                return serde.deserializer().deserialize(topic, bytes);
            });
        }

        private byte[] encode(SpecificRecord value) {
            Codec codec = bySchema.get(value.getSchema());
            if (codec == null) {
                throw new SerializationException("message type "
                        + value.getSchema().getFullName() + " does not belong here, expected one of " + names());
            }
            return codec.encode(value);
        }

        private SpecificRecord decode(String topic, byte[] bytes) {
            if (bytes.length < HEADER_BYTES || bytes[0] != (byte) 0xC3 || bytes[1] != 0x01) {
                throw new SerializationException(
                        "topic " + topic + ": value of " + bytes.length
                                + " bytes is not in Avro single-object encoding (expected marker C3 01 and a schema fingerprint)");
            }
            Codec codec = byFingerprint.get(fingerprint(bytes));
            if (codec == null) {
                throw new SerializationException("topic " + topic + ": unknown schema fingerprint "
                        + Long.toHexString(fingerprint(bytes)) + ", expected one of " + names());
            }
            return codec.decode(topic, bytes);
        }

        private String names() {
            return bySchema.keySet().stream()
                    .map(Schema::getName)
                    .sorted()
                    .toList()
                    .toString();
        }

        private static long fingerprint(byte[] bytes) {
            long value = 0;
            for (int i = HEADER_BYTES - 1; i >= 2; i--) {
                value = value << 8 | bytes[i] & 0xFF;
            }
            return value;
        }
    }

    private static final class Codec {
        final Schema schema;
        /** Of today's schema and all released ones. */
        final Set<Long> fingerprints = new HashSet<>();

        private final BinaryMessageEncoder<SpecificRecord> encoder;
        private final BinaryMessageDecoder<SpecificRecord> decoder;

        Codec(Class<? extends SpecificRecord> type, List<Schema> older) {
            SpecificData data = SpecificData.getForClass(type);
            schema = data.getSchema(type);
            encoder = new BinaryMessageEncoder<>(data, schema);
            decoder = new BinaryMessageDecoder<>(data, schema);
            fingerprints.add(SchemaNormalization.parsingFingerprint64(schema));
            for (Schema frozen : older) {
                decoder.addSchema(frozen);
                fingerprints.add(SchemaNormalization.parsingFingerprint64(frozen));
            }
        }

        byte[] encode(SpecificRecord value) {
            try {
                var buffer = encoder.encode(value);
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                return bytes;
            } catch (IOException e) {
                throw new SerializationException("cannot encode a " + schema.getName(), e);
            }
        }

        SpecificRecord decode(String topic, byte[] bytes) {
            try {
                return decoder.decode(bytes);
            } catch (IOException | RuntimeException e) {
                // The cause may quote field values: keep it out of the message.
                throw new SerializationException("topic " + topic + ": a " + schema.getName() + " of " + bytes.length
                        + " bytes does not decode (" + e.getClass().getSimpleName() + ")");
            }
        }
    }
}
