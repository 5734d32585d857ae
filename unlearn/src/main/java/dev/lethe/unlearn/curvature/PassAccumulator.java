package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;

/**
 * Adds up the {@link Sums} of one pass at one θ. Rows are taken in blocks, so that the work is matrix products; a
 * gradient for one output, where those bring nothing, is taken from the rows as they lie. Not thread-safe.
 */
public final class PassAccumulator implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final FourRows fourRows;
    private final DenseMatrix theta;
    private final DenseMatrix block;
    private final DenseMatrix perOutput;
    private final DenseMatrix gradient;
    private final CurvatureBlocks blocks;
    private final Row[] rows;
    private final double[] outputs;
    private final double[] logits;
    private final double[] residual;
    private final double[] classRows;
    private int filled;
    private long seen;
    private long misfits;
    private double weight;
    private double lossSum;
    private double gradientScale;
    private double maxNorm;

    /**
     * @param theta K·d, where to evaluate. Not modified.
     * @param curvature whether to add up Σ w ∇²ℓ
     * @param gram whether to add up Σ w xxᵀ
     * @throws IllegalArgumentException if theta does not fit, or the curvature is too large to keep dense
     */
    public PassAccumulator(Objective objective, double[] theta, boolean curvature, boolean gram) {
        SelfTest.run();
        if (theta.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "pass: expected " + objective.parameters() + " parameters, got " + theta.length);
        }
        if (curvature) {
            DenseFactor.requireSize(objective);
        }
        int columns = objective.columns();
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        boolean thin = objective.outputs() == 1 && !curvature && !gram;
        int rowsAtOnce = thin ? FourRows.AT_ONCE : RowBlocks.size(columns);
        this.fourRows = thin ? new FourRows(theta) : null;
        this.theta = thin ? null : DenseMatrix.zeros(columns, objective.outputs());
        this.block = thin ? null : DenseMatrix.zeros(columns, rowsAtOnce);
        this.perOutput = thin ? null : DenseMatrix.zeros(objective.outputs(), rowsAtOnce);
        this.gradient = thin ? null : DenseMatrix.zeros(columns, objective.outputs());
        this.blocks = thin ? null : new CurvatureBlocks(objective, rowsAtOnce, curvature, gram);
        if (!thin) {
            this.theta.put(0, theta);
        }
        this.rows = new Row[rowsAtOnce];
        this.outputs = new double[objective.outputs() * rowsAtOnce];
        this.logits = new double[objective.outputs()];
        this.residual = new double[objective.outputs()];
        this.classRows = Sums.empty(objective, false, false).classRows();
    }

    /**
     * Adds one row.
     *
     * @param row kept until its block is done. Not modified.
     * @throws IllegalArgumentException if the row has another number of columns than the objective
     */
    public void add(Row row) {
        if (row.x().length != objective.columns()) {
            throw new IllegalArgumentException(
                    "row: expected " + objective.columns() + " columns, got " + row.x().length);
        }
        rows[filled] = row;
        if (fourRows == null) {
            block.put(filled, row.x());
        }
        filled++;
        if (filled == rows.length) {
            flush();
        }
    }

    /** Whether rows are taken as they lie, a few at a time. */
    boolean isThin() {
        return fourRows != null;
    }

    /** Counts a row that does not fit the model and is left out. */
    public void misfit() {
        misfits++;
    }

    /** The sums so far, a copy. */
    public Sums sums() {
        flush();
        if (fourRows != null) {
            return sums(fourRows.gradient(), null, null);
        }
        double[] sum = new double[objective.parameters()];
        gradient.get(0, sum);
        return sums(sum, blocks.curvature(), blocks.gram());
    }

    /**
     * The curvature Σ w ∇²ℓ that was asked for, without a copy: it is not in {@link #sums} then, and no row can be added any
     * more. The caller closes it.
     */
    SymmetricMatrix takeCurvature() {
        flush();
        return blocks.takeCurvature();
    }

    private Sums sums(double[] sum, double[] curvature, double[] gram) {
        return new Sums(
                seen,
                misfits,
                weight,
                lossSum,
                gradientScale,
                maxNorm,
                sum,
                curvature,
                gram,
                classRows == null ? null : classRows.clone());
    }

    private void flush() {
        if (filled == 0) {
            return;
        }
        if (fourRows != null) {
            flushGroups();
        } else {
            flushBlock();
        }
        Arrays.fill(rows, 0, filled, null);
        seen += filled;
        filled = 0;
    }

    private void flushGroups() {
        for (int i = 0; i < filled; i += FourRows.GROUP) {
            fourRows.logits(rows, i, filled, outputs);
            int end = Math.min(filled, i + FourRows.GROUP);
            for (int j = i; j < end; j++) {
                evaluate(rows[j], j);
            }
            fourRows.add(outputs, i);
        }
    }

    private void flushBlock() {
        int columns = objective.columns();
        int k = objective.outputs();
        // Θ is K × d row-major, which is d × K column-major: Z = ΘᵀX, one column of K logits per row.
        DenseKernels.gemmTransposedLeft(
                k, filled, columns, 1.0, theta.pointer(), block.pointer(), 0.0, perOutput.pointer());
        perOutput.get(0, outputs, k * filled);
        blocks.add(rows, filled, block, outputs);
        evaluate();
        perOutput.put(0, outputs, k * filled);
        DenseKernels.gemmTransposedRight(
                columns, k, filled, 1.0, block.pointer(), perOutput.pointer(), 1.0, gradient.pointer());
    }

    /** Adds the rows' figures and replaces their logits by their weighted residuals. */
    private void evaluate() {
        for (int i = 0; i < filled; i++) {
            evaluate(rows[i], i * logits.length);
        }
    }

    private void evaluate(Row row, int at) {
        System.arraycopy(outputs, at, logits, 0, logits.length);
        double value = loss.valueAndResidual(logits, row.y(), residual);
        if (classRows != null && row.weight() > 0) {
            classRows[Sums.classOf(objective, row)]++;
        }
        weight += row.weight();
        lossSum += row.weight() * value;
        gradientScale += row.weight() * row.norm() * loss.magnitude(logits, row.y(), residual);
        maxNorm = Math.max(maxNorm, row.norm());
        for (int k = 0; k < residual.length; k++) {
            outputs[at + k] = row.weight() * residual[k];
        }
    }

    @Override
    public void close() {
        if (fourRows != null) {
            return;
        }
        theta.close();
        block.close();
        perOutput.close();
        gradient.close();
        blocks.close();
    }
}
