package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DoubleArrays;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What one pass over a set of rows adds up at one θ: data terms only, neither the penalty nor b. Sums of disjoint sets
 * add.
 *
 * <p>Arrays are not copied; treat them as not modifiable. Packed lower triangles are column by column, as in
 * {@link SymmetricMatrix}.
 *
 * @param rows rows seen
 * @param misfits rows left out because they do not fit the model
 * @param weight Σ w
 * @param loss Σ w ℓ
 * @param gradientScale Σ w‖x‖·m, m the size of the numbers the residual is computed from: at least Σ w‖∇ℓ‖; the
 *     rounding error of the gradient is relative to this
 * @param maxNorm R = max ‖x‖
 * @param gradient Σ w ∇ℓ, K·d; empty in a pass for a product
 * @param curvature Σ w ∇²ℓ, packed lower triangle: d × d for ridge (one for all outputs) and logistic, K·d × K·d for
 *     softmax; or null
 * @param gram Σ w xxᵀ, packed lower triangle d × d, or null
 * @param classRows rows with a weight above 0 per class, logistic −1 before +1; null for ridge
 * @param product Σ w ∇²ℓ·v for each direction v of the pass, K·d each, or null
 * @param preconditioner statistics of a {@link Preconditioner}, or null
 */
public record Sums(
        long rows,
        long misfits,
        double weight,
        double loss,
        double gradientScale,
        double maxNorm,
        double[] gradient,
        double[] curvature,
        double[] gram,
        double[] classRows,
        double[] product,
        double[] preconditioner) {

    /** First bytes of the encoding: "LSM" and the format's version. */
    private static final int MAGIC = 0x4C534D02;

    /** Without product and preconditioner. */
    public Sums(
            long rows,
            long misfits,
            double weight,
            double loss,
            double gradientScale,
            double maxNorm,
            double[] gradient,
            double[] curvature,
            double[] gram,
            double[] classRows) {
        this(rows, misfits, weight, loss, gradientScale, maxNorm, gradient, curvature, gram, classRows, null, null);
    }

    /** Of a pass for a curvature-vector product. @param product Not copied. */
    static Sums ofProduct(long rows, long misfits, double weight, double[] product) {
        return new Sums(rows, misfits, weight, 0, 0, 0, new double[0], null, null, null, product, null);
    }

    /** With the statistics of a preconditioner. @param statistics Not copied. */
    Sums withPreconditioner(double[] statistics) {
        return new Sums(
                rows,
                misfits,
                weight,
                loss,
                gradientScale,
                maxNorm,
                gradient,
                curvature,
                gram,
                classRows,
                product,
                statistics);
    }

    /** The sums over no rows, ready to be added to. */
    public static Sums empty(Objective objective, boolean curvature, boolean gram) {
        return new Sums(
                0,
                0,
                0,
                0,
                0,
                0,
                new double[objective.parameters()],
                curvature ? new double[SymmetricMatrix.packedLength(curvatureSize(objective))] : null,
                gram ? new double[SymmetricMatrix.packedLength(objective.columns())] : null,
                noClassRows(objective));
    }

    private static double[] noClassRows(Objective objective) {
        return switch (objective.family()) {
            case RIDGE -> null;
            case LOGISTIC -> new double[2];
            case SOFTMAX -> new double[objective.outputs()];
        };
    }

    /** Which of {@link #classRows} a row belongs to. */
    public static int classOf(Objective objective, Row row) {
        return objective.family() == Family.SOFTMAX ? (int) row.y()[0] : row.y()[0] > 0 ? 1 : 0;
    }

    /** Side of the curvature: K·d for softmax, d for the families whose outputs share or have one block. */
    public static int curvatureSize(Objective objective) {
        return objective.family() == Family.SOFTMAX ? objective.parameters() : objective.columns();
    }

    /**
     * The sums over both sets of rows. Neither is modified.
     *
     * @throws IllegalArgumentException if they are not sums of the same pass
     */
    public Sums plus(Sums other) {
        return new Sums(
                rows + other.rows,
                misfits + other.misfits,
                weight + other.weight,
                loss + other.loss,
                gradientScale + other.gradientScale,
                Math.max(maxNorm, other.maxNorm),
                add("gradient", gradient, other.gradient),
                add("curvature", curvature, other.curvature),
                add("gram", gram, other.gram),
                add("class rows", classRows, other.classRows),
                add("product", product, other.product),
                add("preconditioner", preconditioner, other.preconditioner));
    }

    private static double[] add(String name, double[] a, double[] b) {
        if (DoubleArrays.length(a) != DoubleArrays.length(b)) {
            throw new IllegalArgumentException("sums of different passes: " + name + " of length "
                    + DoubleArrays.length(a) + " and of length " + DoubleArrays.length(b) + " (-1 is absent)");
        }
        if (a == null) {
            return null;
        }
        double[] out = a.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] += b[i];
        }
        return out;
    }

    /** Little endian: magic, counts, figures, then each array as its length (−1: absent) and its values. */
    public byte[] encode() {
        double[][] arrays = {gradient, curvature, gram, classRows, product, preconditioner};
        long size = Integer.BYTES + 2 * Long.BYTES + 4 * Double.BYTES + DoubleArrays.encodedSize(arrays);
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putLong(rows).putLong(misfits);
        out.putDouble(weight).putDouble(loss).putDouble(gradientScale).putDouble(maxNorm);
        DoubleArrays.put(out, arrays);
        return out.array();
    }

    /**
     * Reads what {@link #encode()} wrote.
     *
     * @param bytes Not modified.
     * @throws IllegalArgumentException if the bytes are not whole sums
     */
    public static Sums decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            int magic = in.getInt();
            if (magic != MAGIC) {
                throw new IllegalArgumentException("sums: expected to begin with " + Integer.toHexString(MAGIC)
                        + ", got " + Integer.toHexString(magic) + "; written by another version?");
            }
            Sums sums = new Sums(
                    in.getLong(),
                    in.getLong(),
                    in.getDouble(),
                    in.getDouble(),
                    in.getDouble(),
                    in.getDouble(),
                    DoubleArrays.read(in, "sums"),
                    DoubleArrays.read(in, "sums"),
                    DoubleArrays.read(in, "sums"),
                    DoubleArrays.read(in, "sums"),
                    DoubleArrays.read(in, "sums"),
                    DoubleArrays.read(in, "sums"));
            if (in.hasRemaining()) {
                throw new IllegalArgumentException("sums: " + in.remaining() + " bytes too many");
            }
            return sums;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("sums: cut short at " + bytes.length + " bytes", e);
        }
    }
}
