package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;

/** H⁻¹ as an explicit matrix: the exact answer, where it fits. */
public final class DirectInverse implements InfluenceMethod, Preconditioner {

    private final Objective objective;
    private final DenseMatrix inverse;

    /** @param factor copied: later updates of it do not reach this. Not modified. */
    public DirectInverse(Objective objective, DenseFactor factor) {
        this.objective = objective;
        this.inverse = factor.inverse();
    }

    private DirectInverse(Objective objective, DenseMatrix inverse) {
        this.objective = objective;
        this.inverse = inverse;
    }

    /**
     * The inverse that a factor's state has.
     *
     * @param packed P, packed lower triangle as in {@link SymmetricMatrix}. Not modified.
     * @throws IllegalArgumentException if its length does not fit the objective
     */
    public static DirectInverse ofPacked(Objective objective, double[] packed) {
        SelfTest.run();
        int n = Sums.curvatureSize(objective);
        if (packed.length != SymmetricMatrix.packedLength(n)) {
            throw new IllegalArgumentException("inverse: expected " + SymmetricMatrix.packedLength(n)
                    + " values of a packed lower triangle, got " + packed.length);
        }
        double[] whole = new double[Math.multiplyExact(n, n)];
        for (int j = 0, at = 0; j < n; j++) {
            for (int i = j; i < n; i++, at++) {
                whole[j * n + i] = packed[at];
                whole[i * n + j] = packed[at];
            }
        }
        DenseMatrix matrix = DenseMatrix.zeros(n, n);
        matrix.put(0, whole);
        return new DirectInverse(objective, matrix);
    }

    @Override
    public String name() {
        return InfluenceMethods.DIRECT.id();
    }

    @Override
    public double[] solve(double[] gradients, int count) {
        int size = inverse.rows();
        int columns = gradients.length / size;
        double[] out = gradients.clone();
        CurvatureOperator.projectColumns(objective, out);
        try (DenseMatrix in = DenseMatrix.zeros(size, columns);
                DenseMatrix product = DenseMatrix.zeros(size, columns)) {
            in.put(0, out);
            DenseKernels.gemm(size, columns, size, 1.0, inverse.pointer(), in.pointer(), 0.0, product.pointer());
            product.get(0, out);
        }
        CurvatureOperator.projectColumns(objective, out);
        return out;
    }

    /** Of a curvature nearby it is the best preconditioner there is. */
    @Override
    public void apply(double[] r, double[] out) {
        System.arraycopy(solve(r, 1), 0, out, 0, out.length);
    }

    Objective objective() {
        return objective;
    }

    /** Columns of P per column block of θ that differ from each other: K, and 1 for ridge, whose outputs share P. */
    int blocks() {
        return objective.family() == Family.RIDGE ? 1 : objective.outputs();
    }

    /** Rows of P. */
    int size() {
        return inverse.rows();
    }

    /**
     * P[:, block k]·X for some columns of X.
     *
     * @param x d × n. Not modified.
     * @param from first column of X
     * @param out its columns from k·count on. Modified.
     */
    void multiplyBlock(int k, DenseMatrix x, int from, int count, DenseMatrix out) {
        int d = objective.columns();
        DenseKernels.gemm(size(), count, d, 1.0, inverse.column(k * d), x.column(from), 0.0, out.column(k * count));
    }

    @Override
    public void close() {
        inverse.close();
    }
}
