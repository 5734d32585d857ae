package dev.lethe.streams.topology;

import java.util.Arrays;
import org.apache.avro.io.BinaryData;
import org.apache.avro.io.BinaryEncoder;

/**
 * Avro's binary encoding into one array that is used again. Avro's own encoders write through a stream, a few bytes and a
 * lock at a time, which was a quarter of the service's time per request. Not thread-safe.
 */
final class ArrayEncoder extends BinaryEncoder {
    private static final int FIRST = 1 << 10;
    /** What one large message needed is not kept. */
    private static final int KEPT = 1 << 20;

    private static final int MAX_INT = 5;
    private static final int MAX_LONG = 10;

    private byte[] bytes = new byte[FIRST];
    private int length;

    /** A message begins. @param header its first bytes. Not modified. */
    void begin(byte[] header) {
        length = 0;
        writeFixed(header, 0, header.length);
    }

    /** A copy of what was written since {@link #begin}. */
    byte[] end() {
        byte[] message = Arrays.copyOf(bytes, length);
        if (bytes.length > KEPT) {
            bytes = new byte[FIRST];
        }
        return message;
    }

    private void room(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8)));
        }
    }

    @Override
    public void writeBoolean(boolean b) {
        room(1);
        bytes[length++] = (byte) (b ? 1 : 0);
    }

    @Override
    public void writeInt(int n) {
        room(MAX_INT);
        length += BinaryData.encodeInt(n, bytes, length);
    }

    @Override
    public void writeLong(long n) {
        room(MAX_LONG);
        length += BinaryData.encodeLong(n, bytes, length);
    }

    @Override
    public void writeFloat(float f) {
        room(Float.BYTES);
        length += BinaryData.encodeFloat(f, bytes, length);
    }

    @Override
    public void writeDouble(double d) {
        room(Double.BYTES);
        length += BinaryData.encodeDouble(d, bytes, length);
    }

    @Override
    public void writeFixed(byte[] from, int start, int count) {
        room(count);
        System.arraycopy(from, start, bytes, length, count);
        length += count;
    }

    @Override
    protected void writeZero() {
        room(1);
        bytes[length++] = 0;
    }

    @Override
    public int bytesBuffered() {
        return length;
    }

    /** Nothing to do: there is nothing behind the array. */
    @Override
    public void flush() {}
}
