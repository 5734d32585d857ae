package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;

/**
 * Adds up Σ w ∇²ℓ(θ)·v over rows without ever forming ∇²ℓ: per row x·(ℓ″(z)·Vx)ᵀ with z = Θx (Pearlmutter 1994; for a
 * linear model the R-operator is these two products). O(K·d) per row. Not thread-safe.
 */
public final class CurvatureProduct implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final RowBlocks blocks;
    private final DenseMatrix theta;
    private final DenseMatrix direction;
    private final DenseMatrix product;
    private final double[] logits;
    private final double[] moved;
    private final double[] row;
    private final double[] root;

    /**
     * @param theta K·d, where the curvature is taken. Not modified.
     * @param direction v, K·d. Not modified.
     * @throws IllegalArgumentException if a length does not fit the objective
     */
    public CurvatureProduct(Objective objective, double[] theta, double[] direction) {
        SelfTest.run();
        requireLength(objective, "parameters", theta);
        requireLength(objective, "direction values", direction);
        int columns = objective.columns();
        int outputs = objective.outputs();
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.blocks = new RowBlocks(objective);
        this.theta = DenseMatrix.zeros(columns, outputs);
        this.theta.put(0, theta);
        this.direction = DenseMatrix.zeros(columns, outputs);
        this.direction.put(0, direction);
        this.product = DenseMatrix.zeros(columns, outputs);
        this.logits = new double[outputs * RowBlocks.size(columns)];
        this.moved = new double[outputs * RowBlocks.size(columns)];
        this.row = new double[outputs];
        this.root = new double[1];
    }

    private static void requireLength(Objective objective, String name, double[] values) {
        if (values.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "curvature product: expected " + objective.parameters() + " " + name + ", got " + values.length);
        }
    }

    /**
     * Adds one row.
     *
     * @param added kept until its block is done. Not modified.
     * @throws IllegalArgumentException if the row has another number of columns than the objective
     */
    public void add(Row added) {
        if (blocks.add(added)) {
            flush();
        }
    }

    /** Σ w ∇²ℓ·v so far, K·d, a copy; without the penalty. */
    public double[] product() {
        flush();
        double[] sum = new double[objective.parameters()];
        product.get(0, sum);
        return sum;
    }

    /** Begins again with another direction at the same θ. @param direction v, K·d. Not modified. */
    void restart(double[] direction) {
        requireLength(objective, "direction values", direction);
        blocks.clear();
        product.clear();
        this.direction.put(0, direction);
    }

    private void flush() {
        if (blocks.count() == 0) {
            return;
        }
        if (objective.family() != Family.RIDGE) {
            blocks.logits(theta, logits);
        }
        blocks.logits(direction, moved);
        for (int i = 0; i < blocks.count(); i++) {
            bend(i * row.length, blocks.row(i).weight());
        }
        blocks.addProduct(moved, product);
        blocks.clear();
    }

    /** Replaces u = Vx of one row by w·ℓ″(z)·u. */
    private void bend(int at, double weight) {
        switch (objective.family()) {
            case RIDGE -> scale(at, weight);
            case LOGISTIC -> {
                row[0] = logits[at];
                loss.curvatureRoot(row, root);
                scale(at, weight * root[0] * root[0]);
            }
            case SOFTMAX -> {
                System.arraycopy(logits, at, row, 0, row.length);
                SoftmaxLoss.probabilities(row, row);
                double mean = 0;
                for (int k = 0; k < row.length; k++) {
                    mean += row[k] * moved[at + k];
                }
                // (diag(p) − ppᵀ)u = p∘(u − pᵀu)
                for (int k = 0; k < row.length; k++) {
                    moved[at + k] = weight * row[k] * (moved[at + k] - mean);
                }
            }
        }
    }

    private void scale(int at, double factor) {
        for (int k = 0; k < row.length; k++) {
            moved[at + k] *= factor;
        }
    }

    @Override
    public void close() {
        blocks.close();
        theta.close();
        direction.close();
        product.close();
    }
}
