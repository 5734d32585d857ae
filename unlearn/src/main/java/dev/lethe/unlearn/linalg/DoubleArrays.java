package dev.lethe.unlearn.linalg;

import java.nio.ByteBuffer;

/** Arrays of float64 as bytes: the length as an int, −1 for an absent array, then the values, in the buffer's byte order. */
public final class DoubleArrays {

    private static final int ABSENT = -1;

    private DoubleArrays() {}

    /** Number of values, −1 for null. */
    public static int length(double[] values) {
        return values == null ? ABSENT : values.length;
    }

    /** Bytes that {@link #put} takes for all of them. @param arrays each may be null. Not modified. */
    public static long encodedSize(double[]... arrays) {
        long size = 0;
        for (double[] array : arrays) {
            size += Integer.BYTES + Math.max(0L, length(array)) * Double.BYTES;
        }
        return size;
    }

    /** Writes each, one behind the other. @param out Modified. @param arrays each may be null. Not modified. */
    public static void put(ByteBuffer out, double[]... arrays) {
        for (double[] array : arrays) {
            out.putInt(length(array));
            if (array != null) {
                out.asDoubleBuffer().put(array);
                out.position(out.position() + array.length * Double.BYTES);
            }
        }
    }

    /**
     * Reads one that {@link #put} wrote. No memory is taken for a length that the bytes do not hold.
     *
     * @param in Modified: moved behind it.
     * @param what the whole that is read, for the error
     * @return null if it was absent
     * @throws java.nio.BufferUnderflowException if not even a length is left
     * @throws IllegalArgumentException if the length cannot be
     */
    public static double[] read(ByteBuffer in, String what) {
        int length = in.getInt();
        if (length == ABSENT) {
            return null;
        }
        if (length < 0 || length > in.remaining() / Double.BYTES) {
            throw new IllegalArgumentException(
                    what + ": an array of " + length + " values in " + in.remaining() + " remaining bytes");
        }
        double[] values = new double[length];
        in.asDoubleBuffer().get(values);
        in.position(in.position() + length * Double.BYTES);
        return values;
    }
}
