package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.FrozenSchemas;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.PublishedFactor;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RefreshFactor;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.schemas.ShardScored;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.VersionArtifact;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.kafka.common.errors.SerializationException;
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
    /** About what a message has without its rows: for adding up, not for allocating. */
    static final int SMALL = 256;

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

    /** Null for a thread's first message. */
    private static final ThreadLocal<BinaryDecoder> DECODERS = new ThreadLocal<>();

    private static final ThreadLocal<ArrayEncoder> ENCODERS = ThreadLocal.withInitial(ArrayEncoder::new);

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
                PromoteVersion.class,
                Promotion.class,
                VersionArtifact.class,
                SampleScores.class,
                PublishedFactor.class,
                ScorePass.class,
                ShardScored.class,
                RefreshScores.class,
                ScoresDone.class,
                InfluenceQuestion.class,
                InfluencePass.class,
                InfluencePart.class);
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
            codecs.forEach(codec -> codec.fingerprints().forEach(f -> byFingerprint.put(f, codec)));
            this.bySchema = codecs.stream().collect(Collectors.toMap(c -> c.schema, c -> c));
        }

        /** The same serde, typed by a common supertype of its messages. */
        public <T extends SpecificRecord> Serde<T> as(Class<T> type) {
            Serializer<T> serializer = (topic, value) -> value == null ? null : encode(value);
            return Serdes.serdeFrom(serializer, new UnionReader<>(this, type, false));
        }

        /** The same for a topic on which a tombstone means nothing: reading one fails. */
        public <T extends SpecificRecord> Serde<T> required(Class<T> type) {
            return Serdes.serdeFrom(as(type).serializer(), new UnionReader<>(this, type, true));
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
            long fingerprint = fingerprint(bytes);
            Codec codec = byFingerprint.get(fingerprint);
            if (codec == null) {
                throw new SerializationException("topic " + topic + ": unknown schema fingerprint "
                        + Long.toHexString(fingerprint) + ", expected one of " + names());
            }
            return codec.decode(topic, codec.readers.get(fingerprint), bytes, HEADER_BYTES);
        }

        /** What was written with a schema that came with it. */
        private SpecificRecord decode(String topic, Schema writer, byte[] bytes, int from) {
            Codec codec = bySchema.values().stream()
                    .filter(c -> c.schema.getFullName().equals(writer.getFullName()))
                    .findFirst()
                    .orElseThrow(() -> new SerializationException("topic " + topic + ": a schema called "
                            + writer.getFullName() + " does not belong here, expected one of " + names()));
            return codec.decode(topic, new SpecificDatumReader<>(writer, codec.schema, codec.data), bytes, from);
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

    /**
     * Reads the messages of a union.
     *
     * @param required whether a tombstone is refused
     */
    private record UnionReader<T extends SpecificRecord>(Union union, Class<T> type, boolean required)
            implements Framing.Reader<T> {

        @Override
        public T deserialize(String topic, byte[] bytes) {
            if (bytes == null && required) {
                throw new SerializationException(
                        "topic " + topic + ": expected one of " + union.names() + ", got no value");
            }
            return bytes == null ? null : type.cast(union.decode(topic, bytes));
        }

        @Override
        public T deserialize(String topic, Schema writer, byte[] bytes, int from) {
            return type.cast(union.decode(topic, writer, bytes, from));
        }
    }

    private static final class Codec {
        final Schema schema;
        private final SpecificData data;
        private final byte[] header;
        private final DatumWriter<SpecificRecord> writer;
        /** By the fingerprint of what was written with it. */
        private final Map<Long, DatumReader<SpecificRecord>> readers = new HashMap<>();

        Codec(Class<? extends SpecificRecord> type, List<Schema> older) {
            data = SpecificData.getForClass(type);
            schema = data.getSchema(type);
            header = header(SchemaNormalization.parsingFingerprint64(schema));
            writer = new UnionWriter(schema, generated(data));
            older.forEach(this::reads);
            reads(schema);
        }

        private void reads(Schema written) {
            readers.put(
                    SchemaNormalization.parsingFingerprint64(written),
                    new SpecificDatumReader<>(written, schema, data));
        }

        /** Of today's schema and all released ones. */
        Set<Long> fingerprints() {
            return readers.keySet();
        }

        /** Writes by generated code, not by a walk over the schema. What is read may be damaged: the walk has the limits. */
        private static SpecificData generated(SpecificData data) {
            var writing = new SpecificData(data.getClassLoader());
            data.getConversions().forEach(writing::addLogicalTypeConversion);
            writing.setCustomCoders(true);
            return writing;
        }

        private static byte[] header(long fingerprint) {
            return ByteBuffer.allocate(HEADER_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put((byte) 0xC3)
                    .put((byte) 0x01)
                    .putLong(fingerprint)
                    .array();
        }

        byte[] encode(SpecificRecord value) {
            ArrayEncoder encoder = ENCODERS.get();
            try {
                encoder.begin(header);
                writer.write(value, encoder);
                return encoder.end();
            } catch (IOException e) {
                throw new SerializationException("cannot encode a " + schema.getName(), e);
            }
        }

        SpecificRecord decode(String topic, DatumReader<SpecificRecord> reader, byte[] bytes, int from) {
            try {
                var decoder = DecoderFactory.get().binaryDecoder(bytes, from, bytes.length - from, DECODERS.get());
                DECODERS.set(decoder);
                return reader.read(null, decoder);
            } catch (IOException | RuntimeException e) {
                throw unreadable(topic, bytes, e);
            }
        }

        /** The cause may quote field values: it is kept out of the message. */
        private SerializationException unreadable(String topic, byte[] bytes, Exception e) {
            return new SerializationException("topic " + topic + ": a " + schema.getName() + " of " + bytes.length
                    + " bytes does not decode (" + e.getClass().getSimpleName() + ")");
        }
    }
}
