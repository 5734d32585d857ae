package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;

/** H⁻¹ as an explicit matrix: the exact answer, where it fits. */
public final class DirectInverse implements InfluenceMethod {

    private final Objective objective;
    private final DenseMatrix inverse;

    /** @param factor copied: later updates of it do not reach this. Not modified. */
    public DirectInverse(Objective objective, DenseFactor factor) {
        this.objective = objective;
        this.inverse = factor.inverse();
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
