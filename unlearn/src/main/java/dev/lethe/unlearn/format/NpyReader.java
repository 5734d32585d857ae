package dev.lethe.unlearn.format;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Reads one NumPy array (format 1.0, 2.0, 3.0) row by row in C order. An array in Fortran order has to be read whole
 * first, since its rows lie across the file.
 */
final class NpyReader implements Closeable {
    private static final int MAX_ROW_BYTES = 1 << 30;

    private final String file;
    private final NpyHeader header;
    private final InputStream in;
    private final byte[] row;

    /**
     * Reads the header.
     *
     * @param file its name, for errors
     * @param content closed with this
     */
    NpyReader(String file, InputStream content) throws IOException {
        this.file = file;
        this.header = NpyHeader.read(file, content);
        long bytes = rowBytes();
        if (bytes < 0 || bytes > MAX_ROW_BYTES) {
            throw new SampleFileException(file, null, "cannot read rows of shape " + Arrays.toString(header.shape()));
        }
        this.row = new byte[(int) bytes];
        boolean reordered = header.fortran() && header.shape().length > 1;
        this.in = reordered ? inRowOrder(content) : content;
    }

    NpyHeader header() {
        return header;
    }

    /** Values per row. */
    int width() {
        return row.length / header.type().bytes();
    }

    /** The numbers of the next row. */
    double[] numbers() throws IOException {
        ByteBuffer bytes = nextRow();
        double[] values = new double[width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = header.type().number(bytes);
        }
        return values;
    }

    /** The next row as a label; several values are joined by commas. */
    String text() throws IOException {
        ByteBuffer bytes = nextRow();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < width(); i++) {
            text.append(i == 0 ? "" : ",").append(header.type().text(bytes));
        }
        return text.toString();
    }

    /** Refuses an array that goes on after its last row. */
    void requireEnd() throws IOException {
        if (in.read() >= 0) {
            throw new SampleFileException(file, null, "expected the end after the last row, got more data");
        }
    }

    private ByteBuffer nextRow() throws IOException {
        if (in.readNBytes(row, 0, row.length) < row.length) {
            throw new EOFException();
        }
        return ByteBuffer.wrap(row).order(header.type().order());
    }

    private long rowBytes() {
        long[] shape = header.shape();
        long values = Tensor.count(Arrays.copyOfRange(shape, Math.min(1, shape.length), shape.length));
        return values < 0 || values > MAX_ROW_BYTES
                ? -1
                : values * header.type().bytes();
    }

    private InputStream inRowOrder(InputStream content) throws IOException {
        long rows = header.shape()[0];
        if (rows * row.length > Integer.MAX_VALUE - 16) {
            throw new SampleFileException(
                    file, null, "is in Fortran order and too large to reorder; save it with numpy.ascontiguousarray");
        }
        byte[] columns = content.readNBytes((int) rows * row.length);
        if (columns.length < rows * row.length) {
            throw new EOFException();
        }
        byte[] reordered = reorder(columns);
        return new SequenceInputStream(new ByteArrayInputStream(reordered), content);
    }

    /** From first index fastest to last index fastest. */
    private byte[] reorder(byte[] columns) {
        long[] shape = header.shape();
        int size = header.type().bytes();
        byte[] rows = new byte[columns.length];
        int[] index = new int[shape.length];
        for (int at = 0; at < columns.length; at += size) {
            int target = 0;
            for (int k = 0; k < shape.length; k++) {
                target = (int) (target * shape[k] + index[k]);
            }
            System.arraycopy(columns, at, rows, target * size, size);
            for (int k = 0; k < shape.length && ++index[k] == shape[k]; k++) {
                index[k] = 0;
            }
        }
        return rows;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
