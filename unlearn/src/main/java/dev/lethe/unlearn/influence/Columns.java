package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;

/** Matrix products of column-major arrays on the heap. Copying in and out is small beside the product. */
final class Columns {

    private Columns() {}

    /** A·B for A (m × k), B (k × n). Neither is modified. */
    static double[] product(double[] a, int m, int k, double[] b, int n) {
        try (DenseMatrix left = of(m, k, a);
                DenseMatrix right = of(k, n, b);
                DenseMatrix out = DenseMatrix.zeros(m, n)) {
            DenseKernels.gemm(m, n, k, 1.0, left.pointer(), right.pointer(), 0.0, out.pointer());
            return values(out);
        }
    }

    /** Aᵀ·B for A (k × m), B (k × n). Neither is modified. */
    static double[] transposedProduct(double[] a, double[] b, int k, int m, int n) {
        try (DenseMatrix left = of(k, m, a);
                DenseMatrix right = of(k, n, b);
                DenseMatrix out = DenseMatrix.zeros(m, n)) {
            DenseKernels.gemmTransposedLeft(m, n, k, 1.0, left.pointer(), right.pointer(), 0.0, out.pointer());
            return values(out);
        }
    }

    /**
     * Eigenvalues, ascending, and eigenvectors of a symmetric matrix.
     *
     * @param matrix n × n. Modified: the eigenvectors, column by column.
     */
    static double[] eigen(double[] matrix, int n) {
        try (DenseMatrix a = of(n, n, matrix);
                DenseMatrix w = DenseMatrix.zeros(n, 1)) {
            int failed = DenseKernels.syevd(n, true, a.pointer(), w.pointer());
            if (failed != 0) {
                throw new ArithmeticException("eigenvalues of a " + n + " x " + n
                        + " matrix do not converge; look for features that are extremely large, and scale them");
            }
            a.get(0, matrix);
            return values(w);
        }
    }

    private static DenseMatrix of(int rows, int columns, double[] values) {
        DenseMatrix matrix = DenseMatrix.zeros(rows, columns);
        matrix.put(0, values, rows * columns);
        return matrix;
    }

    private static double[] values(DenseMatrix matrix) {
        double[] out = new double[matrix.rows() * matrix.columns()];
        matrix.get(0, out);
        return out;
    }

    static double norm(double[] values) {
        double sum = 0;
        for (double v : values) {
            sum += v * v;
        }
        return Math.sqrt(sum);
    }

    /** into ← into + scale·values. @param into Modified. */
    static void add(double[] into, double scale, double[] values) {
        for (int i = 0; i < into.length; i++) {
            into[i] += scale * values[i];
        }
    }
}
