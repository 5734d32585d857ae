package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import org.bytedeco.javacpp.DoublePointer;

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

    /** P[:, block k]·X. @param x d × count. Not modified. @param out size × count. Modified. */
    void multiplyBlock(int k, DoublePointer x, int count, DoublePointer out) {
        int d = objective.columns();
        DenseKernels.gemm(inverse.rows(), count, d, 1.0, inverse.column(k * d), x, 0.0, out);
    }

    @Override
    public void close() {
        inverse.close();
    }
}
