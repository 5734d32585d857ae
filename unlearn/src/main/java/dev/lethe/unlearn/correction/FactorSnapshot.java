package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.linalg.DoubleArrays;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A factor with its history, to be kept over a restart. Arrays are not copied; treat them as not modifiable.
 *
 * @param theta θ_P, K·d
 * @param updates rows taken in and out since the factor was built
 * @param freshDrift its drift as it was built
 * @param factor P and K
 */
public record FactorSnapshot(double[] theta, long updates, double freshDrift, DenseFactor.State factor) {

    /** First bytes of the encoding: "LFS" and the format's version. */
    private static final int MAGIC = 0x4C465301;

    private static final int HEAD = 2 * Integer.BYTES;

    /** Little endian: magic, CRC-32C of what follows, figures, then each array as its length (−1: absent) and values. */
    public byte[] encode() {
        double[][] arrays = {theta, factor.inverse(), factor.gram(), factor.scale(), factor.image()};
        long size = HEAD + Long.BYTES + 2L * Double.BYTES + DoubleArrays.encodedSize(arrays);
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(0).putLong(updates).putDouble(freshDrift).putDouble(factor.quality());
        DoubleArrays.put(out, arrays);
        out.putInt(Integer.BYTES, checksum(out.array()));
        return out.array();
    }

    /**
     * Reads what {@link #encode()} wrote.
     *
     * @param bytes Not modified.
     * @throws IllegalArgumentException if the bytes are no whole, undamaged snapshot
     */
    public static FactorSnapshot decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            requireEqual("first bytes", MAGIC, in.getInt());
            int stored = in.getInt();
            requireEqual("checksum", checksum(bytes), stored);
            long updates = in.getLong();
            double freshDrift = in.getDouble();
            double quality = in.getDouble();
            double[] theta = next(in);
            return new FactorSnapshot(
                    theta, updates, freshDrift, new DenseFactor.State(next(in), next(in), next(in), next(in), quality));
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("factor snapshot: cut short at " + bytes.length + " bytes", e);
        }
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, HEAD, bytes.length - HEAD);
        return (int) crc.getValue();
    }

    private static void requireEqual(String what, int expected, int got) {
        if (expected != got) {
            throw new IllegalArgumentException("factor snapshot: " + what + ": expected "
                    + Integer.toHexString(expected) + ", got " + Integer.toHexString(got)
                    + "; damaged, or written by another version");
        }
    }

    private static double[] next(ByteBuffer in) {
        return DoubleArrays.read(in, "factor snapshot");
    }
}
