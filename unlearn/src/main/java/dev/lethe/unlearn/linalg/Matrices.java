package dev.lethe.unlearn.linalg;

import org.bytedeco.javacpp.Pointer;

/** Products and eigenvectors of whole matrices, with their dimensions checked. */
public final class Matrices {

    private Matrices() {}

    /**
     * S = QᵀΛQ.
     *
     * @param vectors Q's columns; to be closed
     * @param values ascending
     */
    public record Eigen(DenseMatrix vectors, double[] values) implements AutoCloseable {
        @Override
        public void close() {
            vectors.close();
        }
    }

    /** C ← A·B. @param c Modified. */
    public static void times(DenseMatrix a, DenseMatrix b, DenseMatrix c) {
        require(a.columns() == b.rows() && c.rows() == a.rows() && c.columns() == b.columns(), a, b, c);
        DenseKernels.gemm(a.rows(), b.columns(), a.columns(), 1, a.pointer(), b.pointer(), 0, c.pointer());
    }

    /** C ← Aᵀ·B. @param c Modified. */
    public static void transposedTimes(DenseMatrix a, DenseMatrix b, DenseMatrix c) {
        require(a.rows() == b.rows() && c.rows() == a.columns() && c.columns() == b.columns(), a, b, c);
        DenseKernels.gemmTransposedLeft(
                a.columns(), b.columns(), a.rows(), 1, a.pointer(), b.pointer(), 0, c.pointer());
    }

    /** C ← A·Bᵀ + β·C. @param c Modified. */
    public static void timesTransposed(DenseMatrix a, DenseMatrix b, double beta, DenseMatrix c) {
        require(a.columns() == b.columns() && c.rows() == a.rows() && c.columns() == b.rows(), a, b, c);
        DenseKernels.gemmTransposedRight(
                a.rows(), b.rows(), a.columns(), 1, a.pointer(), b.pointer(), beta, c.pointer());
    }

    /** C ← A·Bᵀ over the columns [from, from + count) of both. @param c Modified. */
    public static void timesTransposed(DenseMatrix a, DenseMatrix b, int from, int count, DenseMatrix c) {
        boolean within = from >= 0 && count > 0 && from + count <= a.columns() && a.columns() == b.columns();
        require(within && c.rows() == a.rows() && c.columns() == b.rows(), a, b, c);
        DenseKernels.gemmTransposedRight(a.rows(), b.rows(), count, 1, a.column(from), b.column(from), 0, c.pointer());
    }

    /** S ← S + X·Xᵀ. @param s Modified. */
    public static void addGram(DenseMatrix x, SymmetricMatrix s) {
        if (x.rows() != s.size()) {
            throw new IllegalArgumentException("gram: expected " + s.size() + " rows, got " + x.rows());
        }
        DenseKernels.syrk(x.rows(), x.columns(), 1, x.pointer(), s.pointer(), s.size());
    }

    /**
     * Eigenvalues and eigenvectors.
     *
     * @param s Not modified.
     * @throws ArithmeticException if they do not converge, as with NaN
     */
    public static Eigen eigen(SymmetricMatrix s) {
        int n = s.size();
        DenseMatrix vectors = DenseMatrix.zeros(n, n);
        try (DenseMatrix values = DenseMatrix.zeros(n, 1)) {
            Pointer.memcpy(vectors.pointer(), s.pointer(), (long) n * n * Double.BYTES);
            int failed = DenseKernels.syevd(n, true, vectors.pointer(), values.pointer());
            if (failed != 0) {
                vectors.close();
                throw new ArithmeticException("the eigenvalues of a " + n + " x " + n + " matrix do not converge");
            }
            double[] out = new double[n];
            values.get(0, out);
            return new Eigen(vectors, out);
        }
    }

    /** Every element squared. @param m Modified. */
    public static void square(DenseMatrix m) {
        m.array().muli(m.array());
    }

    /** A ← A + B. @param a Modified. @param b of the same size. Not modified. */
    public static void add(DenseMatrix a, DenseMatrix b) {
        requireSame(a, b);
        a.array().addi(b.array());
    }

    /** Element by element. @param a Modified. @param b of the same size. Not modified. */
    public static void multiply(DenseMatrix a, DenseMatrix b) {
        requireSame(a, b);
        a.array().muli(b.array());
    }

    private static void requireSame(DenseMatrix a, DenseMatrix b) {
        if (a.rows() != b.rows() || a.columns() != b.columns()) {
            throw new IllegalArgumentException(
                    "matrices: expected the same size, got " + sides(a) + " and " + sides(b));
        }
    }

    private static void require(boolean fits, DenseMatrix a, DenseMatrix b, DenseMatrix c) {
        if (!fits) {
            throw new IllegalArgumentException(
                    "product: sizes do not fit: " + sides(a) + ", " + sides(b) + " into " + sides(c));
        }
    }

    private static String sides(DenseMatrix m) {
        return m.rows() + " x " + m.columns();
    }
}
