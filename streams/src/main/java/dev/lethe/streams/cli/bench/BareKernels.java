package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;

/** The BLAS calls that a change cannot do without, on matrices of the same size, and nothing else. */
final class BareKernels implements AutoCloseable {

    private static final int BATCH = 64;
    /** Too small to make anything of the matrices. */
    private static final double TINY = 1e-12;

    private final int size;
    private final int columns;
    private final int rank;
    private final SymmetricMatrix inverse;
    private final SymmetricMatrix gram;
    private final SymmetricMatrix copy;
    private final DenseMatrix roots;
    private final DenseMatrix products;
    private final DenseMatrix core;

    BareKernels(Objective objective) {
        this.size = Sums.curvatureSize(objective);
        this.columns = objective.columns();
        this.rank = objective.family() == Family.RIDGE
                ? 1
                : Loss.of(objective.family()).rank(objective.outputs());
        this.inverse = identity(size);
        this.gram = identity(columns);
        this.copy = identity(size);
        this.roots = DenseMatrix.zeros(size, BATCH);
        this.products = DenseMatrix.zeros(size, BATCH);
        this.core = DenseMatrix.zeros(BATCH, BATCH);
        double[] values = new double[size * BATCH];
        Arrays.fill(values, 1 / Math.sqrt(size));
        roots.put(0, values);
    }

    private static SymmetricMatrix identity(int size) {
        SymmetricMatrix matrix = SymmetricMatrix.zeros(size);
        for (int j = 0; j < size; j++) {
            matrix.add(j, j, 1);
        }
        return matrix;
    }

    /** One symv and one syr; softmax: the products of one sample's columns. */
    void one(int round) {
        if (rank == 1) {
            rankOne(inverse);
        } else {
            block(rank);
        }
    }

    /** Two of each; softmax: with K, and P and K times a vector. */
    void oneWithGram(int round) {
        one(round);
        if (rank == 1) {
            rankOne(gram);
            return;
        }
        DenseKernels.syr(columns, TINY, roots.pointer(), gram.pointer());
        DenseKernels.symv(size, 1, inverse.pointer(), roots.pointer(), 0, products.pointer());
        DenseKernels.symv(columns, 1, gram.pointer(), roots.pointer(), 0, products.pointer());
    }

    private void rankOne(SymmetricMatrix matrix) {
        int n = matrix.size();
        DenseKernels.symv(n, 1, matrix.pointer(), roots.pointer(), 0, products.pointer());
        DenseKernels.syr(n, TINY, products.pointer(), matrix.pointer());
    }

    /** The matrix products of 64 samples, in blocks of at most 64 columns, and those of K. */
    void batch(int round) {
        int perBlock = BATCH / rank;
        for (int left = BATCH; left > 0; left -= perBlock) {
            int samples = Math.min(perBlock, left);
            block(samples * rank);
            DenseKernels.syrk(columns, samples, TINY, roots.pointer(), gram.pointer(), columns);
        }
    }

    private void block(int m) {
        DenseKernels.symm(size, m, inverse.pointer(), roots.pointer(), products.pointer());
        DenseKernels.gemmTransposedLeft(m, m, size, 1, roots.pointer(), products.pointer(), 0, core.pointer());
        DenseKernels.syrk(size, m, TINY, products.pointer(), inverse.pointer(), size);
    }

    /** Cholesky and inverse in place. */
    void invert(int round) {
        copy.set(inverse);
        DenseKernels.potrf(size, copy.pointer());
        DenseKernels.potri(size, copy.pointer());
    }

    @Override
    public void close() {
        inverse.close();
        gram.close();
        copy.close();
        roots.close();
        products.close();
        core.close();
    }
}
