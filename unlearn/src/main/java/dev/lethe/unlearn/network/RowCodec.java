package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * Rows on their way from a shard to a network, compressed: key, weight, y and x of each, big-endian float64. Both sides
 * are of one deployment; this is no file format.
 */
final class RowCodec {

    private static final int BUFFER = 1 << 16;

    private RowCodec() {}

    /** What is written between rows by its owner. */
    interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    /** What its owner reads back. */
    interface Reading<T> {
        T from(DataInputStream in) throws IOException;
    }

    static byte[] write(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater fast = new Deflater(Deflater.BEST_SPEED);
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes, fast, BUFFER))) {
            writing.to(out);
        } catch (IOException e) {
            throw new UncheckedIOException("rows cannot be written to memory", e);
        } finally {
            fast.end();
        }
        return bytes.toByteArray();
    }

    static <T> T read(byte[] bytes, Reading<T> reading) {
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
            return reading.from(in);
        } catch (IOException e) {
            throw new UncheckedIOException("rows of a shard are damaged: " + bytes.length + " bytes", e);
        }
    }

    static void writeRow(DataOutputStream out, KeyedRow keyed) throws IOException {
        Row row = keyed.row();
        out.write(HexFormat.of().parseHex(keyed.key()));
        out.writeDouble(row.weight());
        writeArray(out, row.y());
        writeArray(out, row.x());
    }

    static KeyedRow readRow(DataInputStream in) throws IOException {
        String key = HexFormat.of().formatHex(in.readNBytes(RowKeys.BYTES));
        double weight = in.readDouble();
        double[] y = readArray(in);
        return new KeyedRow(key, new Row(readArray(in), y, weight));
    }

    private static void writeArray(DataOutputStream out, double[] values) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Double.BYTES);
        buffer.asDoubleBuffer().put(values);
        out.writeInt(values.length);
        out.write(buffer.array());
    }

    private static double[] readArray(DataInputStream in) throws IOException {
        int count = in.readInt();
        byte[] bytes = in.readNBytes(count * Double.BYTES);
        double[] values = new double[count];
        ByteBuffer.wrap(bytes).asDoubleBuffer().get(values);
        return values;
    }
}
