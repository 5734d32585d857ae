package dev.lethe.unlearn.linalg;

import static org.bytedeco.openblas.global.openblas.*;

import org.bytedeco.javacpp.DoublePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * BLAS and LAPACK calls on off-heap memory, zero copy, all float64 and column-major, symmetric operands in the lower
 * triangle.
 *
 * <p>They go to OpenBLAS directly and not through INDArray: at d = 784 ND4J's own Cholesky takes 38 s where potrf takes
 * 2.4 ms, and each INDArray call costs 10–60 µs. One BLAS thread: results are then the same bits on every run of the
 * same core type, and every stream task keeps to its own core.
 *
 * <p>No call checks its dimensions: a wrong one reads foreign memory. Callers are the owning types of this package and
 * {@code curvature}, which know the sizes.
 */
public final class DenseKernels {

    private static final byte LOWER = 'L';

    static {
        // ND4J sets the thread count of BLAS when it loads, so its first array has to come before ours.
        Nd4j.create(DataType.DOUBLE, 1).close();
        blas_set_num_threads(1);
    }

    private DenseKernels() {}

    /** Loads the native libraries and fixes the thread count; later calls do nothing. */
    static void ready() {
        // The work is in the static initialiser.
    }

    /** y ← α·A·x + β·y for a symmetric A (n × n). y: Modified. */
    public static void symv(int n, double alpha, DoublePointer a, DoublePointer x, double beta, DoublePointer y) {
        cblas_dsymv(CblasColMajor, CblasLower, n, alpha, a, n, x, 1, beta, y, 1);
    }

    /** y ← α·A·x + β·y for A (n × m). y: n. Modified. */
    public static void gemv(
            int n, int m, double alpha, DoublePointer a, DoublePointer x, double beta, DoublePointer y) {
        cblas_dgemv(CblasColMajor, CblasNoTrans, n, m, alpha, a, n, x, 1, beta, y, 1);
    }

    /** y ← Aᵀ·x for A (n × m). y: m. Modified. */
    public static void gemvTransposed(int n, int m, DoublePointer a, DoublePointer x, DoublePointer y) {
        cblas_dgemv(CblasColMajor, CblasTrans, n, m, 1.0, a, n, x, 1, 0.0, y, 1);
    }

    /** xᵀy. */
    public static double dot(int n, DoublePointer x, DoublePointer y) {
        return cblas_ddot(n, x, 1, y, 1);
    }

    /** x ← α·x. x: Modified. */
    public static void scal(int n, double alpha, DoublePointer x) {
        cblas_dscal(n, alpha, x, 1);
    }

    /** A ← A + α·x·xᵀ on the lower triangle of A (n × n). A: Modified. */
    public static void syr(int n, double alpha, DoublePointer x, DoublePointer a) {
        cblas_dsyr(CblasColMajor, CblasLower, n, alpha, x, 1, a, n);
    }

    /** C ← α·X·Xᵀ + C for X (n × m); C is the lower triangle of n × n in memory of leading dimension ldc. C: Modified. */
    public static void syrk(int n, int m, double alpha, DoublePointer x, DoublePointer c, int ldc) {
        cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n, m, alpha, x, n, 1.0, c, ldc);
    }

    /** C ← α·A·B + β·C for A (m × k), B (k × n), C (m × n). C: Modified. */
    public static void gemm(
            int m, int n, int k, double alpha, DoublePointer a, DoublePointer b, double beta, DoublePointer c) {
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, m, b, k, beta, c, m);
    }

    /** C ← α·Aᵀ·B + β·C for A (k × m), B (k × n), C (m × n). C: Modified. */
    public static void gemmTransposedLeft(
            int m, int n, int k, double alpha, DoublePointer a, DoublePointer b, double beta, DoublePointer c) {
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, m, n, k, alpha, a, k, b, k, beta, c, m);
    }

    /** C ← α·A·Bᵀ + β·C for A (m × k), B (n × k), C (m × n). C: Modified. */
    public static void gemmTransposedRight(
            int m, int n, int k, double alpha, DoublePointer a, DoublePointer b, double beta, DoublePointer c) {
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m, n, k, alpha, a, m, b, n, beta, c, m);
    }

    /** Y ← S·X for a symmetric S (n × n) and X, Y (n × m). Slow for m = 1: take {@link #symv}. Y: Modified. */
    public static void symm(int n, int m, DoublePointer s, DoublePointer x, DoublePointer y) {
        cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, n, m, 1.0, s, n, x, n, 0.0, y, n);
    }

    /** B ← B·L⁻ᵀ for B (n × m) and a lower triangular L (m × m). B: Modified. */
    public static void trsmRightTransposed(int n, int m, DoublePointer l, DoublePointer b) {
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, m, 1.0, l, m, b, n);
    }

    /**
     * A ← L with A = L·Lᵀ.
     *
     * @param a lower triangle of n × n. Modified, also when it fails.
     * @return 0; k &gt; 0 if the leading minor of order k is not positive definite; &lt; 0 if A holds a NaN
     */
    public static int potrf(int n, DoublePointer a) {
        return LAPACKE_dpotrf(LAPACK_COL_MAJOR, LOWER, n, a, n);
    }

    /**
     * A⁻¹ from the L of {@link #potrf}, lower triangle.
     *
     * @param l Modified: becomes the inverse.
     * @return 0, or k &gt; 0 if pivot k is zero
     */
    public static int potri(int n, DoublePointer l) {
        return LAPACKE_dpotri(LAPACK_COL_MAJOR, LOWER, n, l, n);
    }

    /**
     * Eigenvalues of a symmetric matrix, ascending, and its eigenvectors if wanted.
     *
     * @param a lower triangle of n × n. Modified: the eigenvectors, column by column, or destroyed.
     * @param values n. Modified.
     * @return 0, or k &gt; 0 if it did not converge
     */
    public static int syevd(int n, boolean vectors, DoublePointer a, DoublePointer values) {
        return LAPACKE_dsyevd(LAPACK_COL_MAJOR, (byte) (vectors ? 'V' : 'N'), LOWER, n, a, n, values);
    }
}
