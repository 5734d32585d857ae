package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;

/** Gathers rows into blocks X (d × n), so that what is done with them is a matrix product. Not thread-safe. */
final class RowBlocks implements AutoCloseable {

    /** At d = 784 a block of so many rows is 3 MB and the products run at full speed. */
    private static final int MAX_ROWS = 512;

    /** Wide rows: a block is at most 8 MB, if that is not less than a few rows. */
    private static final int MAX_VALUES = 1 << 20;

    private static final int MIN_ROWS = 8;

    private final int columns;
    private final Row[] rows;
    /** The block on the heap, so that it is moved off it in one piece. */
    private final double[] values;

    private final DenseMatrix block;
    private final DenseMatrix perOutput;
    private int filled;
    private boolean loaded;

    RowBlocks(Objective objective) {
        this(objective, 1);
    }

    /** @param directions what is multiplied at once beside Θ: as many times K columns */
    RowBlocks(Objective objective, int directions) {
        this.columns = objective.columns();
        int widest = objective.outputs() * directions;
        this.rows = new Row[Math.max(MIN_ROWS, Math.min(size(columns), MAX_VALUES / widest))];
        this.values = new double[columns * rows.length];
        this.block = DenseMatrix.zeros(columns, rows.length);
        this.perOutput = DenseMatrix.zeros(widest, rows.length);
    }

    /** Rows per block. @param columns d */
    static int size(int columns) {
        return Math.max(MIN_ROWS, Math.min(MAX_ROWS, MAX_VALUES / columns));
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
        System.arraycopy(row.x(), 0, values, filled * columns, columns);
        loaded = false;
        filled++;
        return filled == rows.length;
    }

    /** Rows of a full block. */
    int capacity() {
        return rows.length;
    }

    int count() {
        return filled;
    }

    Row row(int i) {
        return rows[i];
    }

    private void load() {
        if (!loaded) {
            block.put(0, values, columns * filled);
            loaded = true;
        }
    }

    /** Z = ΘᵀX. @param theta d × m. Not modified. @param out m·count, one column of m values per row. Modified. */
    void logits(DenseMatrix theta, double[] out) {
        load();
        int outputs = theta.columns();
        DenseKernels.gemmTransposedLeft(
                outputs, filled, columns, 1.0, theta.pointer(), block.pointer(), 0.0, perOutput.pointer());
        perOutput.get(0, out, outputs * filled);
    }

    /** C ← C + X·Fᵀ. @param factors F, m·count. Not modified. @param into C, d × m. Modified. */
    void addProduct(double[] factors, DenseMatrix into) {
        load();
        int outputs = into.columns();
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
