package dev.lethe.unlearn.network;

import dev.lethe.unlearn.linalg.DenseMatrix;

/** Sums along the columns of two matrices. */
final class Columns {

    private static final int CHUNK = 256;

    private Columns() {}

    /**
     * out[at + j / group] += a_jᵀ·b_j for every column j.
     *
     * @param group consecutive columns that belong together
     * @param out Modified.
     */
    static void addDots(DenseMatrix a, DenseMatrix b, int group, double[] out, int at) {
        int rows = a.rows();
        double[] left = new double[rows * Math.min(CHUNK, a.columns())];
        double[] right = new double[left.length];
        for (int from = 0; from < a.columns(); from += CHUNK) {
            int count = Math.min(CHUNK, a.columns() - from);
            a.get(from, left, rows * count);
            b.get(from, right, rows * count);
            for (int j = 0; j < count; j++) {
                double sum = 0;
                for (int i = j * rows; i < (j + 1) * rows; i++) {
                    sum += left[i] * right[i];
                }
                out[at + (from + j) / group] += sum;
            }
        }
    }
}
