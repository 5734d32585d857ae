package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.FrozenSchemas;
import dev.lethe.schemas.ModelVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.Utf8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What any released version has written is read by this one. The writer here is Avro's generic one, not ours. */
class SchemaEvolutionTest {

    private record Case(Class<? extends SpecificRecord> type, Schema frozen) {
        @Override
        public String toString() {
            return frozen.getName() + " " + Long.toHexString(SchemaNormalization.parsingFingerprint64(frozen));
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        Messages.all()
                .forEach(type -> FrozenSchemas.of(type.getSimpleName()).forEach(s -> cases.add(new Case(type, s))));
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldReadWhatAReleasedVersionWrote(Case old) throws IOException {
        GenericRecord written = record(old.frozen, new Random(7));
        byte[] bytes = encode(old.frozen, written);

        SpecificRecord read = Messages.serde(old.type).deserializer().deserialize("t", bytes);

        assertThat(read.getSchema()).isEqualTo(SpecificData.get().getSchema(old.type));
        assertThat(asWrittenThen(read, old.frozen)).isEqualTo(written);
    }

    /** Without this the other test would say nothing as long as no schema has changed since it was frozen. */
    @Test
    void shouldFillFieldsThatTheWriterDidNotHaveWithTheirDefaults() throws IOException {
        Schema today = ModelVersion.getClassSchema();
        Schema older = without(today, "privacy");
        var values = Messages.serde(ModelVersion.class, List.of(older));

        ModelVersion read = values.deserializer().deserialize("t", encode(older, record(older, new Random(3))));

        assertThat(read.getPrivacy()).isNull();
        assertThat(read.getModelId()).isNotEmpty();
    }

    private static Schema without(Schema schema, String field) {
        List<Schema.Field> fields = schema.getFields().stream()
                .filter(f -> !f.name().equals(field))
                .map(f -> new Schema.Field(f, f.schema()))
                .toList();
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    private static byte[] encode(Schema schema, GenericRecord record) throws IOException {
        var buffer = new BinaryMessageEncoder<GenericRecord>(GenericData.get(), schema).encode(record);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Today's record, read back with the older schema: what that version would see. */
    private static GenericRecord asWrittenThen(SpecificRecord record, Schema older) throws IOException {
        var out = new ByteArrayOutputStream();
        var encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<>(record.getSchema(), SpecificData.get()).write(record, encoder);
        encoder.flush();
        var reader = new GenericDatumReader<GenericRecord>(record.getSchema(), older);
        return reader.read(null, DecoderFactory.get().binaryDecoder(out.toByteArray(), null));
    }

    private static GenericRecord record(Schema schema, Random random) {
        GenericRecord record = new GenericData.Record(schema);
        schema.getFields().forEach(f -> record.put(f.name(), value(f.schema(), random)));
        return record;
    }

    private static Object value(Schema schema, Random random) {
        return switch (schema.getType()) {
            case RECORD -> record(schema, random);
            case UNION ->
                value(schema.getTypes().get(random.nextInt(schema.getTypes().size())), random);
            case ARRAY -> new GenericData.Array<>(schema, List.of(value(schema.getElementType(), random)));
            case MAP -> Map.of(new Utf8("key"), value(schema.getValueType(), random));
            case ENUM ->
                new GenericData.EnumSymbol(
                        schema,
                        schema.getEnumSymbols()
                                .get(random.nextInt(schema.getEnumSymbols().size())));
            case STRING -> new Utf8("text " + random.nextInt(100));
            case BYTES -> ByteBuffer.wrap(new byte[] {1, 2, (byte) random.nextInt(256)});
            case INT -> random.nextInt();
            case LONG -> random.nextLong();
            case DOUBLE -> random.nextDouble();
            case BOOLEAN -> random.nextBoolean();
            case NULL -> null;
            default -> throw new AssertionError("a schema uses " + schema.getType() + ": teach this test about it");
        };
    }
}
