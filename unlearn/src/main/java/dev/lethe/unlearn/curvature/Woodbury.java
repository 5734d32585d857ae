package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.List;

/**
 * (H ± UUᵀ)⁻¹ = P ∓ PU (I ± UᵀPU)⁻¹ UᵀP, U the curvature roots of a block of rows. With P·U = W and I ± UᵀW = LLᵀ that is
 * P ∓ ZZᵀ, Z = W·L⁻ᵀ. No weight is ever divided by, so saturated rows (curvature 0) do no harm.
 */
final class Woodbury implements AutoCloseable {

    /** Whether rows come or go. */
    enum Direction {
        ADD(1),
        REMOVE(-1);

        private final int sign;

        Direction(int sign) {
            this.sign = sign;
        }
    }

    /** Columns per block: best at all sizes measured between 32 and 128. */
    private static final int BLOCK = 64;

    private final Objective objective;
    private final UpdatedMatrix inverse;
    private UpdatedMatrix gram;
    private final DriftProbe drift;
    private final RootPanel roots;
    private final DenseMatrix products;
    private final DenseMatrix core;
    private final DenseMatrix eigenvalues;
    private final Leverages leverages;
    private final double[] coreValues;

    /** Columns one update may have. */
    static int block(Objective objective) {
        return Math.max(BLOCK, RootPanel.rank(objective));
    }

    /** @param inverse P @param drift told of every update. Both: Modified by updates. */
    Woodbury(Objective objective, UpdatedMatrix inverse, DriftProbe drift) {
        this.objective = objective;
        this.drift = drift;
        this.inverse = inverse;
        this.roots = new RootPanel(objective, block(objective));
        int columns = roots.capacity();
        this.products = DenseMatrix.zeros(inverse.size(), columns);
        this.core = DenseMatrix.zeros(columns, columns);
        this.eigenvalues = DenseMatrix.zeros(columns, 1);
        this.leverages = new Leverages(roots.rank());
        this.coreValues = new double[columns * columns];
    }

    /** What is updated along with P. @param matrix K, or null. Modified by updates. */
    void gram(UpdatedMatrix matrix) {
        gram = matrix;
    }

    FactorUpdate apply(List<Row> rows, double[] theta, Direction direction) {
        FactorUpdate met = FactorUpdate.NONE;
        int perBlock = roots.capacity() / roots.rank();
        for (int from = 0; from < rows.size() && met.definite(); from += perBlock) {
            List<Row> block = rows.subList(from, Math.min(rows.size(), from + perBlock));
            roots.fill(block, theta);
            FactorUpdate step = roots.columns() == 1 ? applyOne(direction) : applyBlock(direction);
            if (step.definite()) {
                drift.note(direction.sign, roots.columns(), roots.pointer());
                updateGram(block.size(), direction);
            }
            met = met.and(step);
        }
        return met;
    }

    /** Sherman–Morrison, without a core. */
    private FactorUpdate applyOne(Direction direction) {
        int n = inverse.size();
        inverse.multiply(roots.pointer(), products.pointer());
        double leverage = DenseKernels.dot(n, roots.pointer(), products.pointer());
        double pivot = 1 + direction.sign * leverage;
        FactorUpdate met = report(leverage, pivot, direction);
        if (met.definite()) {
            inverse.add(-direction.sign / pivot, products.pointer());
        }
        return met;
    }

    /** λ_max(UᵀPU) over all rows, at most: the largest of each block, added up (Weyl). */
    double leverage(List<Row> rows, double[] theta) {
        double sum = 0;
        int perBlock = roots.capacity() / roots.rank();
        for (int from = 0; from < rows.size(); from += perBlock) {
            roots.fill(rows.subList(from, Math.min(rows.size(), from + perBlock)), theta);
            multiplyRoots();
            int m = roots.columns();
            DenseKernels.syevd(m, false, core.pointer(), eigenvalues.pointer());
            sum += eigenvalues.pointer().get(m - 1);
        }
        return sum;
    }

    /** products ← PU, core ← UᵀPU. */
    private void multiplyRoots() {
        int n = inverse.size();
        int m = roots.columns();
        inverse.multiplyAll(m, roots.pointer(), products.pointer());
        DenseKernels.gemmTransposedLeft(m, m, n, 1.0, roots.pointer(), products.pointer(), 0.0, core.pointer());
    }

    private FactorUpdate applyBlock(Direction direction) {
        int n = inverse.size();
        int m = roots.columns();
        multiplyRoots();
        core.pointer().get(coreValues, 0, m * m);
        double leverage = leverages.largest(coreValues, m);
        for (int i = 0; i < m * m; i++) {
            coreValues[i] = direction.sign * coreValues[i] + (i % (m + 1) == 0 ? 1 : 0);
        }
        core.pointer().put(coreValues, 0, m * m);
        double pivot = DenseKernels.potrf(m, core.pointer()) == 0 ? smallestPivot(m) : 0;
        FactorUpdate met = report(leverage, pivot, direction);
        if (met.definite()) {
            DenseKernels.trsmRightTransposed(n, m, core.pointer(), products.pointer());
            inverse.addAll(-direction.sign, m, products.pointer());
        }
        return met;
    }

    /** L_ii² is 1 − leverage of root i after the roots before it have gone. */
    private double smallestPivot(int m) {
        core.pointer().get(coreValues, 0, m * m);
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < m; i++) {
            double diagonal = coreValues[i * (m + 1)];
            smallest = Math.min(smallest, diagonal * diagonal);
        }
        return smallest;
    }

    /** An addition's leverage is stated among the rows that include it, as a removal's is: h / (1 + h). */
    private static FactorUpdate report(double leverage, double pivot, Direction direction) {
        boolean definite = pivot > DenseFactor.MIN_REMAINDER;
        if (direction == Direction.ADD) {
            return new FactorUpdate(leverage / (1 + leverage), 1, definite);
        }
        return new FactorUpdate(leverage, pivot, definite);
    }

    private void updateGram(int rows, Direction direction) {
        if (gram != null) {
            gram.addAll(direction.sign, rows, roots.weightedRows());
        }
    }

    @Override
    public void close() {
        roots.close();
        products.close();
        core.close();
        eigenvalues.close();
        leverages.close();
    }
}
