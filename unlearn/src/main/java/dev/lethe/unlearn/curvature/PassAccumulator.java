package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;

/**
 * Adds up the {@link Sums} of one pass at one θ. Rows are taken in blocks, so that the work is matrix products. Not
 * thread-safe.
 */
public final class PassAccumulator implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final DenseMatrix theta;
    private final DenseMatrix block;
    private final DenseMatrix perOutput;
    private final DenseMatrix gradient;
    private final CurvatureBlocks blocks;
    private final Row[] rows;
    private final double[] outputs;
    private final double[] logits;
    private final double[] residual;
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
        int rowsAtOnce = RowBlocks.size(columns);
        this.rows = new Row[rowsAtOnce];
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.theta = DenseMatrix.zeros(columns, objective.outputs());
        this.theta.put(0, theta);
        this.block = DenseMatrix.zeros(columns, rowsAtOnce);
        this.perOutput = DenseMatrix.zeros(objective.outputs(), rowsAtOnce);
        this.gradient = DenseMatrix.zeros(columns, objective.outputs());
        this.blocks = new CurvatureBlocks(objective, rowsAtOnce, curvature, gram);
        this.outputs = new double[objective.outputs() * rowsAtOnce];
        this.logits = new double[objective.outputs()];
        this.residual = new double[objective.outputs()];
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
        block.put(filled, row.x());
        filled++;
        if (filled == rows.length) {
            flush();
        }
    }

    /** Counts a row that does not fit the model and is left out. */
    public void misfit() {
        misfits++;
    }

    /** The sums so far, a copy. */
    public Sums sums() {
        flush();
        double[] sum = new double[objective.parameters()];
        gradient.get(0, sum);
        return new Sums(seen, misfits, weight, lossSum, gradientScale, maxNorm, sum, blocks.curvature(), blocks.gram());
    }

    private void flush() {
        if (filled == 0) {
            return;
        }
        int columns = objective.columns();
        int k = objective.outputs();
        // Θ is K × d row-major, which is d × K column-major: Z = ΘᵀX, one column of K logits per row.
        DenseKernels.gemmTransposedLeft(
                k, filled, columns, 1.0, theta.pointer(), block.pointer(), 0.0, perOutput.pointer());
        perOutput.get(0, outputs, k * filled);
        blocks.add(rows, filled, block, outputs);
        for (int i = 0; i < filled; i++) {
            evaluate(rows[i], i * k);
            rows[i] = null;
        }
        perOutput.put(0, outputs, k * filled);
        DenseKernels.gemmTransposedRight(
                columns, k, filled, 1.0, block.pointer(), perOutput.pointer(), 1.0, gradient.pointer());
        seen += filled;
        filled = 0;
    }

    /** Adds one row's figures and replaces its logits by its weighted residual. */
    private void evaluate(Row row, int at) {
        System.arraycopy(outputs, at, logits, 0, logits.length);
        loss.residual(logits, row.y(), residual);
        double norm = Vectors.norm(row.x());
        weight += row.weight();
        lossSum += row.weight() * loss.value(logits, row.y());
        gradientScale += row.weight() * norm * loss.magnitude(logits, row.y(), residual);
        maxNorm = Math.max(maxNorm, norm);
        for (int k = 0; k < residual.length; k++) {
            outputs[at + k] = row.weight() * residual[k];
        }
    }

    @Override
    public void close() {
        theta.close();
        block.close();
        perOutput.close();
        gradient.close();
        blocks.close();
    }
}
