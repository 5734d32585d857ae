package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsTest {
    private static final Map<String, Tensor> TENSORS = Map.of(
            "weight", new Tensor(new long[] {2, 3}, new double[] {1, -2, 3.5, Double.MIN_VALUE, -0.0, 1e300}),
            "bias", new Tensor(new long[] {2}, new double[] {7, 8}));

    @TempDir
    private Path folder;

    @Test
    void shouldReadWhatItWrote() throws IOException {
        Path file = folder.resolve("w.safetensors");
        Files.write(file, SafeTensors.write(TENSORS, Map.of("b", "2", "a", "ü")));

        SafeTensors.Content content = SafeTensorsReader.read(file);

        assertThat(content.tensors()).isEqualTo(TENSORS);
        assertThat(content.metadata()).isEqualTo(Map.of("a", "ü", "b", "2"));
    }

    @Test
    void shouldWriteSortedAlignedAndLittleEndian() {
        byte[] bytes = SafeTensors.write(TENSORS, Map.of("b", "2", "a", "1"));
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) buffer.getLong(0);

        assertThat(length % 8).isZero();
        assertThat(new String(bytes, 8, length, StandardCharsets.UTF_8).trim())
                .isEqualTo("{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\"},"
                        + "\"bias\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                        + "\"weight\":{\"dtype\":\"F64\",\"shape\":[2,3],\"data_offsets\":[16,64]}}");
        assertThat(buffer.getDouble(8 + length)).isEqualTo(7);
        assertThat(bytes).hasSize(8 + length + 64);
    }

    @Test
    void shouldReadSinglePrecisionOfModelsTrainedElsewhere() {
        ByteBuffer data = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(0.5f)
                .putFloat(-3);
        byte[] file = file("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", data.array());

        assertThat(SafeTensorsReader.read("w", file).tensors().get("w").values())
                .containsExactly(0.5, -3);
    }

    @Test
    void shouldRefuseEveryTruncation() {
        byte[] whole = SafeTensors.write(TENSORS, Map.of());

        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> SafeTensorsReader.read("w.safetensors", part))
                    .as("first %d bytes", length)
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageStartingWith("w.safetensors: ");
        }
    }

    @Test
    void shouldRefuseOrReadDamagedFilesButNeverFailOtherwise() {
        byte[] whole = SafeTensors.write(TENSORS, Map.of("a", "1"));
        Random random = new Random(7);
        for (int trial = 0; trial < 5_000; trial++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(200)] = (byte) random.nextInt();
            try {
                SafeTensorsReader.read("w", damaged);
            } catch (FileFormatException e) {
                assertThat(e.getMessage()).startsWith("w: ");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} trailing| not valid JSON",
                "[]| JSON object",
                "{'w':1}| expected dtype, shape",
                "{'w':{'dtype':'F64','shape':[1],'data_offsets':[0]}}| two data_offsets",
                "{'w':{'dtype':'F64','shape':[1.5],'data_offsets':[0,8]}}| expected dtype, shape",
                "{'w':{'dtype':'BF16','shape':[4],'data_offsets':[0,8]}}| expected F64 or F32, got BF16",
                "{'w':{'dtype':'F64','shape':[2],'data_offsets':[0,8]}}| expected 2 values of 8 bytes, got 8 bytes",
                "{'w':{'dtype':'F64','shape':[-1],'data_offsets':[0,8]}}| a valid shape",
                "{'w':{'dtype':'F64','shape':[4294967296,4294967296],'data_offsets':[0,8]}}| a valid shape",
                "{'w':{'dtype':'F64','shape':[1],'data_offsets':[8,0]}}| begin <= end",
                "{'w':{'dtype':'F64','shape':[1],'data_offsets':[0,9223372036854775807]}}| truncated",
                "{'w':{'dtype':'F64','shape':[0],'data_offsets':[0,0]}}| expected 0 bytes of data, got 8",
                "{'w':{'dtype':'F64','shape':[1],'data_offsets':[0,8]},'w':{}}| not valid JSON",
                "{'v':{'dtype':'F64','shape':[1],'data_offsets':[0,8]},'w':{'dtype':'F64','shape':[1],'data_offsets':[0,8]}}| overlap",
                "{'__metadata__':{'a':1},'w':{'dtype':'F64','shape':[1],'data_offsets':[0,8]}}| expected texts",
            })
    void shouldRefuseHostileHeaders(String header, String problem) {
        assertThatThrownBy(() -> SafeTensorsReader.read("w", file(header.replace('\'', '"'), new byte[8])))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void shouldRefuseAMissingFile() {
        assertThatThrownBy(() -> SafeTensorsReader.read(folder.resolve("none")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("no such file");
    }

    private static byte[] file(String header, byte[] data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(data)
                .array();
    }
}
