package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;

/**
 * Gathers rows into blocks X (d × {@link #SIZE}), so that what is done with them is a matrix product. Not thread-safe.
 */
final class RowBlocks implements AutoCloseable {

    /** Rows per block: at d = 784 a block is 3 MB and the products run at full speed. */
    static final int SIZE = 512;

    private final int columns;
    private final int outputs;
    private final Row[] rows = new Row[SIZE];
    private final DenseMatrix block;
    private final DenseMatrix perOutput;
    private int filled;

    RowBlocks(Objective objective) {
        this.columns = objective.columns();
        this.outputs = objective.outputs();
        this.block = DenseMatrix.zeros(columns, SIZE);
        this.perOutput = DenseMatrix.zeros(outputs, SIZE);
    }

    /**
     * Takes a row.
     *
     * @param row kept until {@link #clear}. Not modified.
     * @return whether the block is full
     * @throws IllegalArgumentException if the row has another number of columns than the objective
     */
    boolean add(Row row) {
        if (row.x().length != columns) {
            throw new IllegalArgumentException("row: expected " + columns + " columns, got " + row.x().length);
        }
        rows[filled] = row;
        block.put(filled, row.x());
        filled++;
        return filled == SIZE;
    }

    int count() {
        return filled;
    }

    Row row(int i) {
        return rows[i];
    }

    /** X, d × count. */
    DenseMatrix matrix() {
        return block;
    }

    /** Z = ΘᵀX. @param theta d × K. Not modified. @param out K·count, one column of K values per row. Modified. */
    void logits(DenseMatrix theta, double[] out) {
        DenseKernels.gemmTransposedLeft(
                outputs, filled, columns, 1.0, theta.pointer(), block.pointer(), 0.0, perOutput.pointer());
        perOutput.get(0, out, outputs * filled);
    }

    /** C ← C + X·Fᵀ. @param factors F, K·count. Not modified. @param into C, d × K. Modified. */
    void addProduct(double[] factors, DenseMatrix into) {
        perOutput.put(0, factors, outputs * filled);
        DenseKernels.gemmTransposedRight(
                columns, outputs, filled, 1.0, block.pointer(), perOutput.pointer(), 1.0, into.pointer());
    }

    void clear() {
        Arrays.fill(rows, 0, filled, null);
        filled = 0;
    }

    @Override
    public void close() {
        block.close();
        perOutput.close();
    }
}
