package dev.lethe.unlearn.format;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads one IDX array: two zero bytes, the type, the number of dimensions, their lengths, the values; all big-endian.
 * (Y. LeCun, The MNIST database, "The IDX file format".)
 */
final class IdxReader implements Closeable {
    private final String file;
    private final DataInputStream in;
    private final int type;
    private final long[] dimensions;
    private final int width;
    private final byte[] buffer;

    IdxReader(Path path) throws IOException {
        file = path.toString();
        InputStream content = InputFiles.open(path);
        try {
            in = new DataInputStream(content);
            int magic = in.readInt();
            type = magic >> 8;
            dimensions = new long[magic & 0xFF];
            if (magic >>> 16 != 0 || bytes() == 0 || dimensions.length == 0) {
                throw new SampleFileException(file, null, "expected an IDX file, got another beginning");
            }
            for (int i = 0; i < dimensions.length; i++) {
                dimensions[i] = Integer.toUnsignedLong(in.readInt());
            }
            width = width();
            buffer = new byte[Math.multiplyExact(width, bytes())];
        } catch (IOException | RuntimeException e) {
            content.close();
            throw e;
        }
    }

    long[] dimensions() {
        return dimensions.clone();
    }

    /** Values per row: the product of all dimensions but the first. */
    int width() {
        long count = Tensor.count(Arrays.copyOfRange(dimensions, 1, dimensions.length));
        if (count < 1 || count > Integer.MAX_VALUE / Double.BYTES) {
            throw new SampleFileException(
                    file, null, "dimensions: cannot read rows of shape " + Arrays.toString(dimensions));
        }
        return (int) count;
    }

    /** The values of the next row. */
    double[] row() throws IOException {
        in.readFully(buffer);
        ByteBuffer bytes = ByteBuffer.wrap(buffer);
        double[] values = new double[width];
        for (int i = 0; i < width; i++) {
            values[i] = switch (type) {
                case 0x08 -> bytes.get() & 0xFF;
                case 0x09 -> bytes.get();
                case 0x0B -> bytes.getShort();
                case 0x0C -> bytes.getInt();
                case 0x0D -> bytes.getFloat();
                default -> bytes.getDouble();
            };
        }
        return values;
    }

    /** Refuses a file that goes on after its last row. */
    void requireEnd() throws IOException {
        if (in.read() >= 0) {
            throw new SampleFileException(
                    file, null, "expected the end after " + dimensions[0] + " rows, got more data");
        }
    }

    /** Bytes of a value; 0 for a type the format does not have. */
    private int bytes() {
        return switch (type) {
            case 0x08, 0x09 -> 1;
            case 0x0B -> 2;
            case 0x0C, 0x0D -> 4;
            case 0x0E -> 8;
            default -> 0;
        };
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
