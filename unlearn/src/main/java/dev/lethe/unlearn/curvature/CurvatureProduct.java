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
 * linear model the R-operator is these two products). O(K·d) per row and direction; several directions are done with in one
 * sweep. Not thread-safe.
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
    /** Directions. */
    private final int count;

    /**
     * @param theta K·d, where the curvature is taken. Not modified.
     * @param direction v, K·d, or several, one behind the other. Not modified.
     * @throws IllegalArgumentException if a length does not fit the objective
     */
    public CurvatureProduct(Objective objective, double[] theta, double[] direction) {
        SelfTest.run();
        this.count = Math.max(1, direction.length / objective.parameters());
        requireLength("parameters", objective.parameters(), theta);
        requireLength("direction values", objective.parameters() * count, direction);
        int columns = objective.columns();
        int outputs = objective.outputs();
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.blocks = new RowBlocks(objective, count);
        this.theta = DenseMatrix.zeros(columns, outputs);
        this.theta.put(0, theta);
        this.direction = DenseMatrix.zeros(columns, outputs * count);
        this.direction.put(0, direction);
        this.product = DenseMatrix.zeros(columns, outputs * count);
        this.logits = new double[outputs * blocks.capacity()];
        this.moved = new double[outputs * count * blocks.capacity()];
        this.row = new double[outputs];
        this.root = new double[1];
    }

    private static void requireLength(String name, int expected, double[] values) {
        if (values.length != expected) {
            throw new IllegalArgumentException(
                    "curvature product: expected " + expected + " " + name + ", got " + values.length);
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

    /** Σ w ∇²ℓ·v so far, K·d for each direction, a copy; without the penalty. */
    public double[] product() {
        flush();
        double[] sum = new double[objective.parameters() * count];
        product.get(0, sum);
        return sum;
    }

    /** Begins again with as many other directions at the same θ. @param direction v. Not modified. */
    void restart(double[] direction) {
        requireLength("direction values", objective.parameters() * count, direction);
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
        int wide = row.length * count;
        for (int i = 0; i < blocks.count(); i++) {
            bend(i, blocks.row(i).weight(), i * wide, (i + 1) * wide);
        }
        blocks.addProduct(moved, product);
        blocks.clear();
    }

    /** Replaces each u = Vx of row i by w·ℓ″(z)·u. @param from where the row's are @param to behind the last of them */
    private void bend(int i, double weight, int from, int to) {
        switch (objective.family()) {
            case RIDGE -> scale(from, to, weight);
            case LOGISTIC -> {
                row[0] = logits[i];
                loss.curvatureRoot(row, root);
                scale(from, to, weight * root[0] * root[0]);
            }
            case SOFTMAX -> {
                System.arraycopy(logits, i * row.length, row, 0, row.length);
                SoftmaxLoss.probabilities(row, row);
                for (int at = from; at < to; at += row.length) {
                    bendSoftmax(at, weight);
                }
            }
        }
    }

    /** (diag(p) − ppᵀ)u = p∘(u − pᵀu). */
    private void bendSoftmax(int at, double weight) {
        double mean = 0;
        for (int k = 0; k < row.length; k++) {
            mean += row[k] * moved[at + k];
        }
        for (int k = 0; k < row.length; k++) {
            moved[at + k] = weight * row[k] * (moved[at + k] - mean);
        }
    }

    private void scale(int from, int to, double factor) {
        for (int at = from; at < to; at++) {
            moved[at] *= factor;
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
