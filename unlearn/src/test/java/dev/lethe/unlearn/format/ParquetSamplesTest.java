package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.jerolba.carpet.CarpetWriter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParquetSamplesTest extends SampleFilesFixture {

    record Listed(String sample_id, String subject_id, String label, Double weight, List<Double> features) {}

    record Wide(long sample_id, int width, double label, float height) {}

    record Untold(String sample_id, List<Double> features) {}

    private static final List<Listed> LISTED = List.of(
            new Listed("a", "ann", "cat", 2.0, List.of(1.0, 2.5)),
            new Listed("b", null, "dog", null, List.of(-1.0, 0.0)));

    private <T> Path write(String name, Class<T> type, CompressionCodecName codec, List<T> rows) throws IOException {
        Path file = folder.resolve(name);
        try (var out = new FileOutputStream(file.toFile());
                var writer = new CarpetWriter.Builder<>(out, type)
                        .withCompressionCodec(codec)
                        .build()) {
            writer.write(rows);
        }
        return file;
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionCodecName.class,
            names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"})
    void shouldReadAListOfFeatures(CompressionCodecName codec) throws IOException {
        List<RawSample> rows = read(write("a.parquet", Listed.class, codec, LISTED), 2);

        assertThat(rows).extracting(RawSample::id).containsExactly("a", "b");
        assertThat(rows).extracting(RawSample::subject).containsExactly("ann", null);
        assertThat(rows).extracting(RawSample::label).containsExactly("cat", "dog");
        assertThat(rows).extracting(RawSample::weight).containsExactly(2.0, 1.0);
        assertThat(rows.get(0).features()).containsExactly(1, 2.5);
        assertThat(rows.get(1).line()).isEqualTo(1);
    }

    @Test
    void shouldReadAColumnForEachFeatureInTheOrderOfTheSchema() throws IOException {
        List<Wide> wide = List.of(new Wide(7, 3, 2, 0.5f), new Wide(8, -3, 0.25, 1));
        Path named = write("a.parquet", Wide.class, CompressionCodecName.SNAPPY, wide);
        Path unnamed = Files.copy(named, folder.resolve("samples"));

        for (Path file : List.of(named, unnamed)) {
            List<RawSample> rows = read(file, 0);
            assertThat(rows).extracting(RawSample::id).containsExactly("7", "8");
            assertThat(rows).extracting(RawSample::label).containsExactly("2", "0.25");
            assertThat(rows.get(1).features()).containsExactly(-3, 1);
        }
    }

    @Test
    void shouldSayHowManyFeaturesThereAreBeforeTheFirstRowIsTaken() throws IOException {
        Path file = write("a.parquet", Listed.class, CompressionCodecName.SNAPPY, LISTED);
        try (SampleFile samples = SampleFiles.open(file.toString())) {
            assertThat(samples.features()).isEqualTo(2);
            assertThat(samples.stream()).hasSize(2);
        }
    }

    @Test
    void shouldReadNoRows() throws IOException {
        assertThat(read(write("a.parquet", Listed.class, CompressionCodecName.SNAPPY, List.of()), 0))
                .isEmpty();
    }

    @Test
    void shouldSayWhatIsWrong() throws IOException {
        CompressionCodecName codec = CompressionCodecName.SNAPPY;
        assertRefused(write("untold.parquet", Untold.class, codec, List.of()), 0)
                .hasMessageContaining("expected a column 'label'");
        assertRefused(write("short.parquet", Listed.class, codec, LISTED), 3)
                .hasMessageContaining("row 0: expected 3 features, got 2");
        List<Listed> uneven = List.of(LISTED.get(0), new Listed("c", null, "cat", 1.0, List.of(1.0)));
        assertRefused(write("uneven.parquet", Listed.class, codec, uneven), 0)
                .hasMessageContaining("row 1: expected 2 features, got 1");
        List<Listed> missing = List.of(new Listed("c", null, "cat", 1.0, Arrays.asList(1.0, null)));
        assertRefused(write("missing.parquet", Listed.class, codec, missing), 0)
                .hasMessageContaining("feature 1: expected a finite number, got nothing");
        List<Listed> infinite = List.of(new Listed("c", null, "cat", 1.0, List.of(Double.NaN)));
        assertRefused(write("nan.parquet", Listed.class, codec, infinite), 0)
                .hasMessageContaining("feature 0: expected a finite number, got NaN or infinity");
        List<Listed> negative = List.of(new Listed("c", null, "cat", -1.0, List.of(1.0)));
        assertRefused(write("weight.parquet", Listed.class, codec, negative), 0)
                .hasMessageContaining("weight: expected at least 0");
        List<Listed> anonymous = List.of(new Listed(null, null, "cat", 1.0, List.of(1.0)));
        assertRefused(write("id.parquet", Listed.class, codec, anonymous), 0)
                .hasMessageContaining("sample_id: expected a text or a number, got nothing");
    }

    @Test
    void shouldRefuseWhatIsNoParquetOrOnlyAPartOfOne() throws IOException {
        assertRefused(write("a.parquet", "sample_id,label,x\n1,a,2\n"), 0).hasMessageContaining("is no Parquet");
        byte[] whole = Files.readAllBytes(write("b.parquet", Listed.class, CompressionCodecName.SNAPPY, LISTED));
        assertRefused(write("c.parquet", Arrays.copyOf(whole, whole.length / 2)), 0)
                .hasMessageContaining("is no Parquet");
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, 10, 60, (byte) 0x7f);
        assertRefused(write("d.parquet", damaged), 0).hasMessageContaining("is no Parquet");
    }
}
