package dev.lethe.streams.topology;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Vectors as they travel: little-endian IEEE 754 float64. Buffers' positions are never moved. */
public final class Doubles {
    private Doubles() {}

    /** Copies the values out. Trailing bytes that are no whole value are left out; see {@link #finite}. */
    public static double[] toArray(ByteBuffer buffer) {
        double[] values = new double[buffer.remaining() / Double.BYTES];
        buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
        return values;
    }

    /** Copies the values in. */
    public static ByteBuffer toBuffer(double[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asDoubleBuffer().put(values);
        return buffer;
    }

    /** Whether the buffer holds whole, finite values and at least one. */
    public static boolean finite(ByteBuffer buffer) {
        if (buffer.remaining() == 0 || buffer.remaining() % Double.BYTES != 0) {
            return false;
        }
        for (double value : toArray(buffer)) {
            if (!Double.isFinite(value)) {
                return false;
            }
        }
        return true;
    }
}
