package dev.lethe.streams.topology;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Arrays of float64 as the messages carry them: little-endian IEEE 754, eight bytes each. */
public final class Doubles {

    private Doubles() {}

    /**
     * The numbers between position and limit.
     *
     * @param bytes Not modified, its position neither.
     * @throws IllegalArgumentException if they are no whole number of float64 values
     */
    public static double[] toArray(ByteBuffer bytes) {
        if (bytes.remaining() % Double.BYTES != 0) {
            throw new IllegalArgumentException(
                    "float64 bytes: expected a multiple of " + Double.BYTES + ", got " + bytes.remaining());
        }
        double[] values = new double[bytes.remaining() / Double.BYTES];
        bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
        return values;
    }

    /**
     * The bytes of the numbers, from position 0.
     *
     * @param values Not modified.
     */
    public static ByteBuffer toBuffer(double[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Double.BYTES));
        bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().put(values);
        return bytes;
    }
}
