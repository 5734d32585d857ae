package dev.lethe.unlearn.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a NumPy array file (NumPy enhancement proposal 1).
 *
 * @param type of the elements
 * @param fortran whether the first index runs fastest
 * @param shape lengths of the dimensions
 */
record NpyHeader(NpyType type, boolean fortran, long[] shape) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_LENGTH = 1 << 20;
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d\\s,L]*)\\)");
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    /**
     * Reads the header, leaving the stream at the first element.
     *
     * @param file its name, for errors
     */
    static NpyHeader read(String file, InputStream in) throws IOException {
        byte[] start = bytes(in, MAGIC.length + 2);
        if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new SampleFileException(file, null, "expected a NumPy array, got another beginning");
        }
        int version = start[MAGIC.length];
        if (version < 1 || version > 3) {
            throw new SampleFileException(file, null, "expected NumPy format 1, 2 or 3, got " + version);
        }
        byte[] field = bytes(in, version == 1 ? Short.BYTES : Integer.BYTES);
        ByteBuffer length = ByteBuffer.wrap(field).order(ByteOrder.LITTLE_ENDIAN);
        int size = version == 1 ? Short.toUnsignedInt(length.getShort()) : length.getInt();
        if (size < 0 || size > MAX_LENGTH) {
            throw new SampleFileException(
                    file, null, "expected a header of at most " + MAX_LENGTH + " bytes, got " + size);
        }
        return parse(file, new String(bytes(in, size), StandardCharsets.UTF_8));
    }

    private static NpyHeader parse(String file, String header) {
        Matcher shape = SHAPE.matcher(header);
        Matcher fortran = FORTRAN.matcher(header);
        Matcher descr = DESCR.matcher(header);
        if (!shape.find() || !fortran.find() || !descr.find()) {
            throw new SampleFileException(
                    file,
                    null,
                    "header: expected descr (a plain type), fortran_order and shape; it is damaged or of a"
                            + " structured type");
        }
        NpyType type = NpyType.of(descr.group(1))
                .orElseThrow(() -> new SampleFileException(
                        file,
                        null,
                        "header: expected float32, float64, an integer, bool or text, got type '" + descr.group(1)
                                + "'"));
        long[] lengths = LENGTH.matcher(shape.group(1))
                .results()
                .mapToLong(r -> Long.parseLong(r.group()))
                .toArray();
        return new NpyHeader(type, fortran.group(1).equals("True"), lengths);
    }

    private static byte[] bytes(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException();
        }
        return bytes;
    }
}
