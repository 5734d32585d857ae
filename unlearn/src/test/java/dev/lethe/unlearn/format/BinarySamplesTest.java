package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** npz, LIBSVM and IDX. */
class BinarySamplesTest extends SampleFilesFixture {
    private static final byte[] X = npy(1, "<f8", false, "(2, 3)", doubles(1, 2, 3, 4, 5, 6));
    private static final byte[] Y = npy(1, "<f8", false, "(2,)", doubles(3, 0.25));

    @Test
    void shouldReadNpzRowByRow() {
        List<RawSample> rows = read(write("a.npz", zip(Map.of("X.npy", X, "y.npy", Y))), 3);

        assertThat(rows).extracting(RawSample::id).containsExactly("0", "1");
        assertThat(rows).extracting(RawSample::label).containsExactly("3", "0.25");
        assertThat(rows).extracting(RawSample::subject).containsOnlyNulls();
        assertThat(rows.get(1).features()).containsExactly(4, 5, 6);
    }

    @Test
    void shouldReadAPairOfArrays() {
        String pair = write("X.npy", X) + "," + write("y.npy", Y);

        assertThat(read(pair, 3)).extracting(RawSample::label).containsExactly("3", "0.25");
        assertThatThrownBy(() -> read(pair, 4))
                .isInstanceOf(SampleFileException.class)
                .hasMessageContaining("expected 4 features");
        String other = write("X.npy", X) + "," + write("y.npy", npy(1, "<f8", false, "(1,)", doubles(3)));
        assertThatThrownBy(() -> read(other, 3))
                .isInstanceOf(SampleFileException.class)
                .hasMessageContaining("as many rows of X as of y");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldReadFortranOrderAndEveryVersion(int version) {
        byte[] x = npy(version, "<f8", true, "(2, 3)", doubles(1, 4, 2, 5, 3, 6));
        List<RawSample> rows = read(write("a.npz", zip(Map.of("X.npy", x, "y.npy", Y))), 3);

        assertThat(rows.get(0).features()).containsExactly(1, 2, 3);
        assertThat(rows.get(1).features()).containsExactly(4, 5, 6);
    }

    @Test
    void shouldReorderThreeDimensions() {
        Path file = write("a.npy", npy(1, "|u1", true, "(2, 2, 2)", bytes(0, 4, 2, 6, 1, 5, 3, 7)));

        assertThat(Npy.read(file).values()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void shouldReadEveryNumberType() {
        assertThat(values("|u1", bytes(255))).containsExactly(255);
        assertThat(values("|i1", bytes(255))).containsExactly(-1);
        assertThat(values("|b1", bytes(1))).containsExactly(1);
        assertThat(values("<u2", bytes(0xFE, 0xFF))).containsExactly(65534);
        assertThat(values(">i2", bytes(0xFF, 0xFE))).containsExactly(-2);
        assertThat(values("<i4", bytes(0xFD, 0xFF, 0xFF, 0xFF))).containsExactly(-3);
        assertThat(values("<u4", bytes(0xFD, 0xFF, 0xFF, 0xFF))).containsExactly(4294967293.0);
        assertThat(values("<i8", bytes(1, 0, 0, 0, 0, 0, 0, 0x80))).containsExactly(-9223372036854775807.0);
        assertThat(values("<u8", bytes(0, 0, 0, 0, 0, 0, 0, 0x80))).containsExactly(9223372036854775808.0);
        assertThat(values("<f4", floats(0.5))).containsExactly(0.5);
        assertThat(values("=f8", doubles(-0.1))).containsExactly(-0.1);
    }

    @Test
    void shouldWriteLabelsAsFilesWould() {
        assertThat(labels("<f4", "(2,)", floats(3, 0.1))).containsExactly("3", "0.1");
        assertThat(labels("<i8", "(2,)", longs(9007199254740993L, -1))).containsExactly("9007199254740993", "-1");
        assertThat(labels("|S4", "(2,)", "cat\0dogs".getBytes(StandardCharsets.US_ASCII)))
                .containsExactly("cat", "dogs");
        assertThat(labels("<U2", "(2,)", bytes('a', 0, 0, 0, 0, 0, 0, 0, 'b', 0, 0, 0, 'c', 0, 0, 0)))
                .containsExactly("a", "bc");
        assertThat(labels("<f8", "(2, 2)", doubles(1, 2, 3, 0.5))).containsExactly("1,2", "3,0.5");
        assertThat(labels("|b1", "(2, 1)", bytes(0, 1))).containsExactly("0", "1");
    }

    @Test
    void shouldRefuseOtherArrays() {
        assertNpzRefused(X, npy(1, "<f8", false, "(3,)", doubles(1, 2, 3)), "as many rows of X as of y");
        assertNpzRefused(npy(1, "<f8", false, "(2,)", doubles(1, 2)), Y, "expected numbers X [n, features]");
        assertNpzRefused(npy(1, "<f8", false, "(2, 2)", new byte[32]), Y, "expected 3 features per row, got X [2, 2]");
        assertNpzRefused(npy(1, "|O", false, "(2, 3)", new byte[48]), Y, "got type '|O'");
        assertNpzRefused(npy(9, "<f8", false, "(2, 3)", new byte[48]), Y, "NumPy format 1, 2 or 3, got 9");
        assertNpzRefused(
                npy(1, "<f8", false, "(2, 3)", doubles(1, 2, 3, 4, Double.NaN, 6)), Y, "row 1: expected finite");
        assertNpzRefused(X, npy(1, "<f8", false, "(2,)", doubles(1, Double.NaN)), "row 1: expected finite");
        assertNpzRefused(npy(1, "<f8", false, "(2, 3)", new byte[40]), Y, "row 1: ends early");
        assertNpzRefused(npy(1, "<f8", false, "(2, 3)", new byte[56]), Y, "got more data");
        assertNpzRefused(npy(1, "<f8", true, "(2, 3)", new byte[40]), Y, "ends early");
        assertNpzRefused(npy(1, "<f8", true, "(2, 999999999)", new byte[40]), Y, "cannot read rows of shape");
        assertNpzRefused(bytes(1, 2, 3), Y, "ends early");
        assertNpzRefused("no array at all".getBytes(StandardCharsets.US_ASCII), Y, "expected a NumPy array");
        assertRefused(write("bad.npz", zip(Map.of("X.npy", X))), 3).hasMessageContaining("got [X.npy]");
    }

    @Test
    void shouldRefuseEveryTruncationOfNpz() {
        byte[] whole = zip(Map.of("X.npy", X, "y.npy", Y));
        for (int length = 0; length < whole.length; length++) {
            assertRefused(write("cut.npz", Arrays.copyOf(whole, length)), 3);
        }
        assertRefused(folder.resolve("none.npz"), 3).hasMessageContaining("no such file");
    }

    @Test
    void shouldReadLibsvm() {
        Path file = write("a.libsvm", "+1 1:0.5 3:-2 # comment\r\n\n-1\n2 2:1e-1\n");
        List<RawSample> rows = read(file, 3);

        assertThat(rows).extracting(RawSample::id).containsExactly("0", "1", "2");
        assertThat(rows).extracting(RawSample::label).containsExactly("+1", "-1", "2");
        assertThat(rows).extracting(RawSample::line).containsExactly(1L, 3L, 4L);
        assertThat(rows.get(0).features()).containsExactly(0.5, 0, -2);
        assertThat(rows.get(1).features()).containsExactly(0, 0, 0);
        assertThat(read(write("a9a", gzip("1 1:1\n".getBytes(StandardCharsets.UTF_8))), 3))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "1 0:-98765.25,index from 1 to 3; got 0; indices begin at 1",
        "1 4:-98765.25,index from 1 to 3; got 4",
        "1 99999999999:-98765.25,index from 1 to 3 before the colon",
        "1 qid:-98765.25,index from 1 to 3 before the colon",
        "1 1:7 1:-98765.25,expected each index once; got index 1 again",
        "1 2:x-98765.25,index 2: expected a finite decimal",
        "1 2:nan,index 2: expected a finite decimal",
        "1 2,entry 1: expected index:value",
        "1:7 2:-98765.25,expected a label first",
    })
    void shouldNameLineAndEntryOfABadLibsvmLine(String row, String problem) {
        assertRefused(write("bad.svm", "1 1:1\n" + row + "\n"), 3)
                .hasMessageContaining("line 2: ")
                .hasMessageContaining(problem.replace("; got", ", got"))
                .hasMessageNotContaining("98765.25");
    }

    @Test
    void shouldNeedAFeatureCountForLibsvm() {
        assertRefused(write("bad.svm", "1 1:1\n"), 0).hasMessageContaining("give the count");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldReadIdxPairs(boolean zipped) {
        byte[] images = bytes(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 255);
        byte[] labels = bytes(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
        Path x = write("x", zipped ? gzip(images) : images);
        Path y = write("y", zipped ? gzip(labels) : labels);

        List<RawSample> rows = read(x + "," + y, 2);

        assertThat(rows).extracting(RawSample::id).containsExactly("0", "1");
        assertThat(rows).extracting(RawSample::label).containsExactly("7", "9");
        assertThat(rows.get(1).features()).containsExactly(30, 255);
    }

    @Test
    void shouldRefuseOtherIdxPairs() {
        byte[] images = bytes(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2);
        byte[] labels = bytes(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);

        assertIdxRefused(images, bytes(0, 0, 8, 1, 0, 0, 0, 1, 7), "got 2 images and 1 labels");
        assertIdxRefused(labels, images, "the images come first");
        assertIdxRefused(bytes(1, 0, 8, 2, 0, 0, 0, 2), labels, "expected an IDX file");
        assertIdxRefused(bytes(0, 0, 7, 2, 0, 0, 0, 2), labels, "expected an IDX file");
        assertIdxRefused(bytes(0, 0, 8, 2, 0, 0, 0, 2, 255, 255, 255, 255), labels, "cannot read rows of shape");
        assertIdxRefused(Arrays.copyOf(images, 13), labels, "row 1: ends early");
        assertIdxRefused(Arrays.copyOf(images, 15), labels, "got more data");
        assertIdxRefused(Arrays.copyOf(images, 5), labels, "ends early");
        assertIdxRefused(
                bytes(0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x7F, 0xC0, 0, 0),
                labels,
                "row 1: expected finite");
        assertThatThrownBy(() -> read("x,y,z", 1)).hasMessageContaining("IDX images and labels");
        assertThatThrownBy(() -> read(folder + "/x," + folder + "/none", 1)).hasMessageContaining("no such file");
    }

    private void assertIdxRefused(byte[] images, byte[] labels, String problem) {
        String spec = write("x", images) + "," + write("y", labels);
        assertThatThrownBy(() -> read(spec, 1))
                .isInstanceOf(SampleFileException.class)
                .hasMessageContaining(problem);
    }

    private void assertNpzRefused(byte[] x, byte[] y, String problem) {
        assertRefused(write("bad.npz", zip(Map.of("X.npy", x, "y.npy", y))), 3).hasMessageContaining(problem);
    }

    private double[] values(String type, byte[] data) {
        return Npy.read(write("a.npy", npy(1, type, false, "(1,)", data))).values();
    }

    private List<String> labels(String type, String shape, byte[] data) {
        Path file = write("l.npz", zip(Map.of("X.npy", X, "y.npy", npy(1, type, false, shape, data))));
        return read(file, 3).stream().map(RawSample::label).toList();
    }

    private static byte[] longs(long... values) {
        ByteBuffer out = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(out::putLong);
        return out.array();
    }
}
