package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvSamplesTest extends SampleFilesFixture {
    private static final String HEADER = "sample_id,subject_id,label,f0,f1\n";

    @Test
    void shouldReadNamedColumnsInAnyOrder() {
        List<RawSample> rows = read(write("a.csv", "f0,weight,label,f1,sample_id\n1,0.5,cat,2e-1,x\n"), 0);

        assertThat(rows).hasSize(1);
        assertSample(rows.get(0), "x", null, "cat", 0.5, 2, 1, 0.2);
    }

    @Test
    void shouldTakeSubjectAndDefaultWeight() {
        List<RawSample> rows = read(write("a.csv", HEADER + "x,s1,3,1,2\ny,,3,-1,.5\n"), 2);

        assertSample(rows.get(0), "x", "s1", "3", 1, 2, 1, 2);
        assertSample(rows.get(1), "y", null, "3", 1, 3, -1, 0.5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n"})
    void shouldFollowRfc4180(String end) {
        String text = HEADER.replace("\n", end) + "\"a,1\",\"say \"\"hi\"\"\",\"two" + end + "lines\",1,\"2\"" + end
                + "b,s,1,3,4";
        List<RawSample> rows = read(write("a.csv", text), 2);

        assertSample(rows.get(0), "a,1", "say \"hi\"", "two" + end + "lines", 1, 2, 1, 2);
        assertSample(rows.get(1), "b", "s", "1", 1, 4, 3, 4);
    }

    @Test
    void shouldSkipAByteOrderMarkAndBlankLines() {
        List<RawSample> rows = read(write("a.csv", "\uFEFF" + HEADER + "\nx,s,1,1,2\n\n"), 2);

        assertSample(rows.get(0), "x", "s", "1", 1, 3, 1, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.csv.gz", "a.csv", "a"})
    void shouldReadGzipByContent(String name) {
        byte[] text = (HEADER + "x,s,1,1,2\n").getBytes(StandardCharsets.UTF_8);

        assertThat(read(write(name, gzip(text)), 2)).hasSize(1);
        assertThat(read(write(name, text), 2)).hasSize(1);
    }

    @Test
    void shouldTakeAHeaderAloneForNoSamples() {
        assertThat(read(write("a.csv", HEADER), 2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "x,s,1,1| line 2: expected 5 fields as in the header, got 4",
                "x,s,1,1,2,3| line 2: expected 5 fields as in the header, got 6",
                "x,s,1,1,abc| line 2: column 'f1' (5): expected a finite decimal number",
                "x,s,1,1,| column 'f1' (5): expected a finite decimal number, got nothing",
                "x,s,1,NaN,2| column 'f0' (4): expected a finite",
                "x,s,1,inf,2| column 'f0' (4): expected a finite",
                "x,s,1,1e999,2| column 'f0' (4): expected a finite",
                ",s,1,1,2| line 2: column 'sample_id': expected an id",
            })
    void shouldNameLineAndColumnOfABadRow(String row, String problem) {
        assertRefused(write("bad.csv", HEADER + row + "\n"), 2).hasMessageContaining(problem);
    }

    @Test
    void shouldNeverQuoteAFeatureOrASubject() {
        assertRefused(write("bad.csv", HEADER + "x,secret,1,7x7x7,2\n"), 2)
                .hasMessageNotContainingAny("7x7x7", "secret");
    }

    @Test
    void shouldNameBothLinesOfADuplicateId() {
        assertRefused(write("bad.csv", HEADER + "x,s,1,1,2\ny,s,1,1,2\nx,t,1,1,2\n"), 2)
                .hasMessageContaining("line 4: sample_id 'x' is already on line 2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "sample_id,f0| expected a column 'label', got 2 columns without it",
                "label,f0| expected a column 'sample_id'",
                "1.5,2.5,3.5| expected a column 'sample_id'",
                "sample_id,label| expected at least one feature column",
                "sample_id,label,label,f0| expected one column 'label', got several",
                "sample_id,label,f0,f1,f2| expected 2 feature columns, got 3",
            })
    void shouldRefuseAnotherHeader(String header, String problem) {
        assertRefused(write("bad.csv", header + "\n"), 2)
                .hasMessageContaining("header: " + problem)
                .hasMessageNotContaining("2.5");
    }

    @Test
    void shouldRefuseNegativeWeights() {
        assertRefused(write("bad.csv", "sample_id,label,weight,f0\na,1,-1,2\n"), 1)
                .hasMessageContaining("line 2: column 'weight': expected a number of at least 0");
    }

    @Test
    void shouldRefuseAnEmptyFile() {
        assertRefused(write("bad.csv", ""), 2).hasMessageContaining("is empty; the first line must be sample_id,");
    }

    @Test
    void shouldRefuseAMissingFileAndAFolder() {
        assertRefused(folder.resolve("none.csv"), 2).hasMessageContaining("no such file");
        assertRefused(folder, 2).hasMessageContaining("got a directory");
    }

    @Test
    void shouldRefuseEveryTruncationOfGzip() {
        byte[] whole = gzip((HEADER + "x,s,1,1,2\n".repeat(1)).getBytes(StandardCharsets.UTF_8));
        for (int length = 0; length < whole.length; length++) {
            assertRefused(write("cut.csv.gz", Arrays.copyOf(whole, length)), 2);
        }
    }

    @Test
    void shouldRefuseDamagedGzip() {
        byte[] damaged = gzip((HEADER + "x,s,1,1,2\n").getBytes(StandardCharsets.UTF_8));
        damaged[damaged.length - 6] ^= 1;

        assertRefused(write("bad.csv.gz", damaged), 2).hasMessageContaining("damaged");
    }

    @Test
    void shouldRefuseOtherEncodingsAndOpenQuotes() {
        byte[] latin = (HEADER + "\u00e9,s,1,1,2\n").getBytes(StandardCharsets.ISO_8859_1);

        assertRefused(write("latin.csv", latin), 2).hasMessageContaining("expected UTF-8");
        assertRefused(write("open.csv", HEADER + "x,s,1,1,2\n\"y,s,1,1,2\n"), 2).hasMessageContaining("line");
    }

    @Test
    void shouldStreamManyRows() throws IOException {
        InputStream header = new ByteArrayInputStream(HEADER.getBytes(StandardCharsets.UTF_8));
        List<InputStream> parts = IntStream.range(0, 150_000)
                .<InputStream>mapToObj(
                        i -> new ByteArrayInputStream(("id" + i + ",s,1,1,2\n").getBytes(StandardCharsets.UTF_8)))
                .toList();
        InputStream in = new SequenceInputStream(header, new SequenceInputStream(Collections.enumeration(parts)));

        try (SampleFile file = SampleFiles.csv("many", in, 2)) {
            assertThat(file.stream().count()).isEqualTo(150_000);
        }
    }

    @Test
    void shouldBeReadOnce() {
        try (SampleFile file = SampleFiles.open(write("a.csv", HEADER).toString())) {
            assertThat(file.features()).isEqualTo(2);
            assertThat(file.iterator()).isExhausted();
            assertThatThrownBy(file::iterator).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void assertSample(
            RawSample sample, String id, String subject, String label, double weight, long line, double... features) {
        assertThat(sample.id()).isEqualTo(id);
        assertThat(sample.subject()).isEqualTo(subject);
        assertThat(sample.label()).isEqualTo(label);
        assertThat(sample.weight()).isEqualTo(weight);
        assertThat(sample.line()).isEqualTo(line);
        assertThat(sample.features()).containsExactly(features);
    }
}
