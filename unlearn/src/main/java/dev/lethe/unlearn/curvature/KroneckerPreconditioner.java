package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;

/**
 * M = S̄ ⊗ A + ΛI for softmax: with S = diag(p) − ppᵀ and t = tr S of a row, A = Σ w t xxᵀ and S̄ = Σ w S / Σ w t, so that
 * the trace of M over the classes is that of H. (Kronecker-factored curvature, Martens and Grosse 2015, with weights t: a
 * saturated row has no say.) In the eigenbases of S̄ and A the shift by Λ is exact. A free intercept is shifted too, which
 * M may and H does not.
 */
final class KroneckerPreconditioner implements Preconditioner {

    private final int columns;
    private final int outputs;
    private final SymmetricMatrix rowVectors;
    private final DenseMatrix outputVectors;
    private final DenseMatrix outputVectorsTransposed;
    private final DenseMatrix first;
    private final DenseMatrix second;
    private final double[] values;
    private final double[] scratch;

    /** @param statistics packed Σ w S, then packed Σ w t xxᵀ. Not modified. */
    KroneckerPreconditioner(Objective objective, double[] statistics) {
        columns = objective.columns();
        outputs = objective.outputs();
        int split = SymmetricMatrix.packedLength(outputs);
        double[] rowValues = new double[columns];
        double[] outputValues = new double[outputs];
        rowVectors = SymmetricMatrix.fromPacked(columns, Arrays.copyOfRange(statistics, split, statistics.length));
        decompose(rowVectors, rowValues);
        outputVectors = DenseMatrix.zeros(outputs, outputs);
        outputVectorsTransposed = DenseMatrix.zeros(outputs, outputs);
        double trace = decomposeOutputs(Arrays.copyOf(statistics, split), outputValues);
        first = DenseMatrix.zeros(columns, outputs);
        second = DenseMatrix.zeros(columns, outputs);
        scratch = new double[columns * outputs];
        values = new double[columns * outputs];
        for (int i = 0; i < values.length; i++) {
            // Both are positive semidefinite: what is below 0 is rounding.
            double curvature = Math.max(0, outputValues[i / columns]) * Math.max(0, rowValues[i % columns]);
            values[i] = (trace > 0 ? curvature / trace : 0) + objective.l2();
        }
    }

    /** Eigenvectors and eigenvalues of Σ w S. @return Σ w t, its trace */
    private double decomposeOutputs(double[] packed, double[] eigenvalues) {
        try (SymmetricMatrix spread = SymmetricMatrix.fromPacked(outputs, packed)) {
            double trace = Arrays.stream(spread.diagonal()).sum();
            decompose(spread, eigenvalues);
            double[] vectors = new double[outputs * outputs];
            spread.pointer().get(vectors);
            outputVectors.put(0, vectors);
            double[] transposed = new double[vectors.length];
            for (int i = 0; i < vectors.length; i++) {
                transposed[i % outputs * outputs + i / outputs] = vectors[i];
            }
            outputVectorsTransposed.put(0, transposed);
            return trace;
        }
    }

    private static void decompose(SymmetricMatrix matrix, double[] eigenvalues) {
        try (DenseMatrix found = DenseMatrix.zeros(matrix.size(), 1)) {
            int failed = DenseKernels.syevd(matrix.size(), true, matrix.pointer(), found.pointer());
            if (failed != 0) {
                throw new IllegalStateException("preconditioner: the eigenvalues of a " + matrix.size()
                        + " x " + matrix.size() + " matrix were not found (" + failed
                        + "); look for features or weights that are extremely large");
            }
            found.get(0, eigenvalues);
        }
    }

    @Override
    public void apply(double[] r, double[] out) {
        // R is K × d row-major, d × K column-major: M⁻¹R = Q((QᵀRU) / values)Uᵀ.
        first.put(0, r);
        DenseKernels.gemmTransposedLeft(
                columns, outputs, columns, 1.0, rowVectors.pointer(), first.pointer(), 0.0, second.pointer());
        DenseKernels.gemmTransposedRight(
                columns,
                outputs,
                outputs,
                1.0,
                second.pointer(),
                outputVectorsTransposed.pointer(),
                0.0,
                first.pointer());
        first.get(0, scratch);
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] /= values[i];
        }
        first.put(0, scratch);
        // (· Uᵀ)ᵀ, K × d, so that the last product has its right side transposed as the kernel wants it.
        DenseKernels.gemmTransposedRight(
                outputs, columns, outputs, 1.0, outputVectors.pointer(), first.pointer(), 0.0, second.pointer());
        DenseKernels.gemmTransposedRight(
                columns, outputs, columns, 1.0, rowVectors.pointer(), second.pointer(), 0.0, first.pointer());
        first.get(0, out);
    }

    @Override
    public void close() {
        rowVectors.close();
        outputVectors.close();
        outputVectorsTransposed.close();
        first.close();
        second.close();
    }
}
