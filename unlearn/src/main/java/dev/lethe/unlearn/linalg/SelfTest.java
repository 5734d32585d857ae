package dev.lethe.unlearn.linalg;

import static org.bytedeco.openblas.global.openblas_full.openblas_get_config;
import static org.bytedeco.openblas.global.openblas_full.openblas_get_corename;

import java.util.Arrays;
import java.util.Random;

/**
 * Holds the loaded BLAS against plain Java loops before anything is computed with it. Needed: OpenBLAS 0.3.19 (which
 * ND4J 1.0.0-M2.1 brings) returns wrong float64 results with its AVX-512 kernels.
 */
public final class SelfTest {

    private static final int[] SIZES = {65, 200};
    /** Right kernels differ from the loops by 1e-15 at these sizes, wrong ones by 0.04 and more. */
    private static final double TOLERANCE = 1e-10;

    private static boolean passed;

    private SelfTest() {}

    /**
     * Runs gemm, potrf and syevd once per process; later calls return at once.
     *
     * @throws IllegalStateException if a result is wrong
     */
    public static synchronized void run() {
        if (passed) {
            return;
        }
        for (int size : SIZES) {
            double[] a = randomMatrix(size);
            double[] product = timesTransposed(a, size);
            checkGemm(a, product, size);
            addToDiagonal(product, size, 1.0);
            checkCholesky(product, size);
            checkEigen(product, size);
        }
        passed = true;
    }

    /** Version and core type of the loaded BLAS, such as {@code OpenBLAS 0.3.31 Haswell}. */
    public static String platform() {
        DenseKernels.ready();
        String[] words = openblas_get_config().getString().trim().split("\\s+");
        String version = words.length > 1 ? words[1] : "of unknown version";
        return "OpenBLAS " + version + " " + openblas_get_corename().getString();
    }

    private static void checkGemm(double[] a, double[] expected, int n) {
        try (DenseMatrix left = matrix(a, n);
                DenseMatrix out = DenseMatrix.zeros(n, n)) {
            DenseKernels.gemmTransposedRight(n, n, n, 1.0, left.pointer(), left.pointer(), 0.0, out.pointer());
            double[] got = new double[n * n];
            out.get(0, got);
            check("gemm", n, 0, worst(got, expected));
        }
    }

    private static void checkCholesky(double[] a, int n) {
        try (DenseMatrix factor = matrix(a, n)) {
            int info = DenseKernels.potrf(n, factor.pointer());
            double[] lower = new double[n * n];
            factor.get(0, lower);
            for (int j = 0; j < n; j++) {
                Arrays.fill(lower, j * n, j * n + j, 0.0);
            }
            check("potrf", n, info, worst(timesTransposed(lower, n), a));
        }
    }

    private static void checkEigen(double[] a, int n) {
        try (DenseMatrix vectors = matrix(a, n);
                DenseMatrix values = DenseMatrix.zeros(n, 1)) {
            int info = DenseKernels.syevd(n, true, vectors.pointer(), values.pointer());
            double[] v = new double[n * n];
            double[] lambda = new double[n];
            vectors.get(0, v);
            values.get(0, lambda);
            for (int j = 0; j < n; j++) {
                double root = Math.sqrt(Math.max(0, lambda[j]));
                for (int i = 0; i < n; i++) {
                    v[j * n + i] *= root;
                }
            }
            check("syevd", n, info, worst(timesTransposed(v, n), a));
        }
    }

    private static void check(String kernel, int n, int info, double error) {
        if (info != 0 || !(error < TOLERANCE)) {
            throw new IllegalStateException("The BLAS on this machine computes wrong numbers: " + kernel + " at size "
                    + n + " is off by " + error + " (allowed " + TOLERANCE + "), info " + info + ", with " + platform()
                    + ". Use OpenBLAS 0.3.31 or newer, or set the environment variable OPENBLAS_CORETYPE=Haswell.");
        }
    }

    private static DenseMatrix matrix(double[] columnMajor, int n) {
        DenseMatrix matrix = DenseMatrix.zeros(n, n);
        matrix.put(0, columnMajor);
        return matrix;
    }

    private static double[] randomMatrix(int n) {
        Random random = new Random(n);
        return random.doubles((long) n * n, -1, 1).map(v -> v / Math.sqrt(n)).toArray();
    }

    /** A·Aᵀ, column-major, by plain loops. */
    private static double[] timesTransposed(double[] a, int n) {
        double[] out = new double[n * n];
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < n; j++) {
                double factor = a[k * n + j];
                for (int i = 0; i < n; i++) {
                    out[j * n + i] += a[k * n + i] * factor;
                }
            }
        }
        return out;
    }

    private static void addToDiagonal(double[] a, int n, double value) {
        for (int j = 0; j < n; j++) {
            a[j * n + j] += value;
        }
    }

    /** Largest absolute difference; NaN if there is one, so that it never passes. */
    private static double worst(double[] got, double[] expected) {
        double worst = 0;
        for (int i = 0; i < got.length; i++) {
            worst = Math.max(worst, Math.abs(got[i] - expected[i]));
        }
        return worst;
    }
}
