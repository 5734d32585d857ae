package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.Changes;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Parts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericData;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.RandomData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our encoder against Avro's own. */
class EncodingTest {
    private static final long SEED = 20_261_127;
    private static final int SAMPLES = 25;

    static List<Class<? extends SpecificRecord>> types() {
        return Stream.concat(Messages.all().stream(), Stream.of(Parts.class, Notices.class, Changes.class))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("types")
    void shouldWriteWhatAvroWrites(Class<? extends SpecificRecord> type) throws IOException {
        for (SpecificRecord message : random(type, SAMPLES)) {
            assertThat(Messages.encode(message)).as("seed %d", SEED).isEqualTo(avro(message));
        }
    }

    @Test
    void shouldWriteLargeMessagesBetweenSmallOnes() throws IOException {
        ModelVersion some = (ModelVersion) random(ModelVersion.class, 1).get(0);

        for (int parameters : new int[] {1, 500_000, 3}) {
            double[] theta = new double[parameters];
            Arrays.setAll(theta, i -> 1.0 / (i + 1));
            ModelVersion version = ModelVersion.newBuilder(some)
                    .setTheta(Doubles.toBuffer(theta))
                    .build();

            assertThat(Messages.encode(version)).isEqualTo(avro(version));
        }
    }

    private static List<SpecificRecord> random(Class<? extends SpecificRecord> type, int count) throws IOException {
        var schema = SpecificData.get().getSchema(type);
        var encoder = new BinaryMessageEncoder<>(GenericData.get(), schema);
        var reader = Messages.serde(List.of(type)).as(SpecificRecord.class).deserializer();
        List<SpecificRecord> messages = new ArrayList<>();
        for (Object sample : new RandomData(schema, count, SEED)) {
            messages.add(reader.deserialize("", bytes(encoder, sample)));
        }
        return messages;
    }

    /** What Avro's own encoder makes of a message. */
    static byte[] avro(SpecificRecord message) throws IOException {
        SpecificData data = SpecificData.getForClass(message.getClass());
        return bytes(new BinaryMessageEncoder<>(data, message.getSchema()), message);
    }

    private static <T> byte[] bytes(BinaryMessageEncoder<T> encoder, T message) throws IOException {
        var buffer = encoder.encode(message);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
