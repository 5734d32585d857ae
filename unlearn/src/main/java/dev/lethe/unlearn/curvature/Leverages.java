package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;

/** The largest leverage among the samples of a block, from UᵀPU. */
final class Leverages implements AutoCloseable {

    /** Above this an eigenvalue problem per sample costs too much; the trace bounds the eigenvalue from above. */
    private static final int MAX_EIGEN = 64;

    private final int rank;
    private final DenseMatrix block;
    private final DenseMatrix values;
    private final double[] sample;
    private final double[] eigenvalues;

    /** @param rank columns per sample */
    Leverages(int rank) {
        this.rank = rank;
        this.block = DenseMatrix.zeros(rank, rank);
        this.values = DenseMatrix.zeros(rank, 1);
        this.sample = new double[rank * rank];
        this.eigenvalues = new double[rank];
    }

    /** @param core m × m, column-major. Not modified. */
    double largest(double[] core, int m) {
        double largest = 0;
        for (int at = 0; at < m; at += rank) {
            largest = Math.max(largest, rank == 1 ? core[at * (m + 1)] : eigenvalue(core, m, at));
        }
        return largest;
    }

    private double eigenvalue(double[] core, int m, int at) {
        double trace = 0;
        for (int j = 0; j < rank; j++) {
            System.arraycopy(core, (at + j) * m + at, sample, j * rank, rank);
            trace += sample[j * (rank + 1)];
        }
        if (rank > MAX_EIGEN) {
            return trace;
        }
        block.put(0, sample);
        if (DenseKernels.syevd(rank, false, block.pointer(), values.pointer()) != 0) {
            return trace;
        }
        values.get(0, eigenvalues);
        return eigenvalues[rank - 1];
    }

    @Override
    public void close() {
        block.close();
        values.close();
    }
}
