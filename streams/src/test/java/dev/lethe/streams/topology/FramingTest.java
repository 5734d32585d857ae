package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.registry.RegistryServer;
import dev.lethe.streams.registry.RegistryUnavailableException;
import dev.lethe.streams.registry.SchemaRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FramingTest {
    private static final Topics TOPICS = new Topics("t");
    /** Other order, other defaults, one field more, one fewer than ours: what a producer in another language may have. */
    private static final String THEIRS = """
            {"type": "record", "name": "Sample", "namespace": "dev.lethe.schemas", "fields": [
              {"name": "weight", "type": "double"},
              {"name": "label", "type": "string"},
              {"name": "note", "type": "string"},
              {"name": "features", "type": "bytes"},
              {"name": "sampleId", "type": "string"},
              {"name": "dataset", "type": "string"}]}
            """;

    private final RegistryServer server = new RegistryServer();
    private final Framing framing = new Framing(new SchemaRegistry(server.url(), Map.of(), Duration.ofMillis(1)));
    private final Deserializer<Sample> samples =
            framing.over(TOPICS.samples().values().deserializer());

    @AfterEach
    void close() {
        server.close();
    }

    private static byte[] theirs() throws IOException {
        Schema schema = new Schema.Parser().parse(THEIRS);
        GenericRecord record = new GenericData.Record(schema);
        record.put("weight", 2.0);
        record.put("label", "yes");
        record.put("note", "none of our business");
        record.put(
                "features", ByteBuffer.wrap(Doubles.toBuffer(new double[] {1.5}).array()));
        record.put("sampleId", "s1");
        record.put("dataset", "d");
        var out = new ByteArrayOutputStream();
        var encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    @Test
    void shouldReadWhatAnotherSchemaOfTheRegistryWrote() throws IOException {
        server.put(7, THEIRS);

        for (int i = 0; i < 3; i++) {
            Sample sample = samples.deserialize("t", RegistryServer.frame(7, theirs()));
            assertThat(sample.getSampleId()).isEqualTo("s1");
            assertThat(sample.getSubjectId()).isNull();
            assertThat(sample.getWeight()).isEqualTo(2);
            assertThat(Doubles.toArray(sample.getFeatures())).containsExactly(1.5);
        }
        assertThat(server.asked()).as("a schema never changes under its id").isEqualTo(1);
    }

    @Test
    void shouldStillReadItsOwnFramingAndTombstones() {
        Sample sample = River.sample("s", null, "yes", 1, 2);

        assertThat(samples.deserialize("t", Messages.encode(sample))).isEqualTo(sample);
        assertThat(samples.deserialize("t", null)).isNull();
        assertThat(server.asked()).isZero();
    }

    @Test
    void shouldRefuseWhatDoesNotBelongOnTheTopic() throws IOException {
        server.put(1, DeleteRequest.getClassSchema().toString());
        server.put(2, "\"string\"");
        server.answer(3, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax = 'proto3';\"}");
        server.put(4, "{\"type\":\"record\",\"name\":\"Sample\",\"fields\":[{\"name\":\"no type\"}]}");
        server.put(7, THEIRS);
        byte[] whole = theirs();

        assertRefused(RegistryServer.frame(1, new byte[10]), "a schema called dev.lethe.schemas.DeleteRequest");
        assertRefused(RegistryServer.frame(2, new byte[10]), "a schema called string");
        assertRefused(RegistryServer.frame(3, new byte[10]), "expected AVRO");
        assertRefused(RegistryServer.frame(4, new byte[10]), "is no Avro schema");
        assertRefused(RegistryServer.frame(5, new byte[10]), "schema 5 is not in the registry");
        assertRefused(RegistryServer.frame(7, java.util.Arrays.copyOf(whole, 9)), "does not decode");
        assertRefused(new byte[] {0, 1}, "begins like Confluent's framing");
    }

    private void assertRefused(byte[] value, String reason) {
        assertThatThrownBy(() -> samples.deserialize("t", value))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining("none of our business");
    }

    /** It is no fault of the record: it must not be put aside. */
    @Test
    void shouldTellARegistryThatIsAwayFromARecordThatIsWrong() throws IOException {
        server.put(7, THEIRS);
        server.broken(true);
        byte[] value = RegistryServer.frame(7, theirs());
        assertThatThrownBy(() -> samples.deserialize("t", value))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("does not answer for schema 7 (status 500)");

        server.broken(false);
        assertThat(samples.deserialize("t", value).getLabel()).isEqualTo("yes");
    }

    @Test
    void shouldReadOnlyItsOwnFramingWithoutARegistry() {
        var own = new Framing(null).over(TOPICS.samples().values().deserializer());

        assertThatThrownBy(() -> own.deserialize("t", RegistryServer.frame(7, new byte[20])))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("not in Avro single-object encoding");
    }
}
