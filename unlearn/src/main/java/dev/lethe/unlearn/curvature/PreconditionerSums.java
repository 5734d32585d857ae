package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import java.util.Arrays;

/** Adds up the statistics of a {@link Preconditioner} over rows at one θ. Not thread-safe. */
final class PreconditionerSums implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final RowBlocks blocks;
    /** Jacobi: the same rows with squared features. */
    private final RowBlocks squares;

    private final DenseMatrix theta;
    private final SymmetricMatrix gram;
    private final DenseMatrix diagonal;
    private final DenseMatrix panel;
    private final double[] scaled;
    private final double[] logits;
    private final double[] spread;
    private final double[] row;

    /** @param theta K·d, where to evaluate. Not modified. */
    PreconditionerSums(Objective objective, double[] theta) {
        SelfTest.run();
        int columns = objective.columns();
        int outputs = objective.outputs();
        boolean kronecker = Preconditioner.kronecker(objective);
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.blocks = new RowBlocks(objective);
        this.squares = kronecker ? null : new RowBlocks(objective);
        this.theta = DenseMatrix.zeros(columns, outputs);
        this.theta.put(0, theta);
        this.gram = kronecker ? SymmetricMatrix.zeros(columns) : null;
        this.diagonal = kronecker ? null : DenseMatrix.zeros(columns, outputs);
        this.panel = kronecker ? DenseMatrix.zeros(columns, RowBlocks.size(columns)) : null;
        this.scaled = new double[kronecker ? columns * RowBlocks.size(columns) : 0];
        this.logits = new double[outputs * RowBlocks.size(columns)];
        this.spread = new double[kronecker ? SymmetricMatrix.packedLength(outputs) : 0];
        this.row = new double[outputs];
    }

    /** @param added kept until its block is done. Not modified. */
    void add(Row added) {
        if (squares != null) {
            double[] squared = added.x().clone();
            for (int j = 0; j < squared.length; j++) {
                squared[j] *= squared[j];
            }
            squares.add(new Row(squared, added.y(), added.weight()));
        }
        if (blocks.add(added)) {
            flush();
        }
    }

    /** The statistics so far, a copy. */
    double[] statistics() {
        flush();
        double[] out = new double[Preconditioner.length(objective)];
        if (gram == null) {
            diagonal.get(0, out);
            return out;
        }
        System.arraycopy(spread, 0, out, 0, spread.length);
        double[] packed = gram.toPacked();
        System.arraycopy(packed, 0, out, spread.length, packed.length);
        return out;
    }

    private void flush() {
        if (blocks.count() == 0) {
            return;
        }
        blocks.logits(theta, logits);
        if (gram == null) {
            addDiagonal();
        } else {
            addKronecker();
        }
        blocks.clear();
    }

    /** Row k of the factors is w·ℓ″_kk: one product with the squared features is the whole diagonal. */
    private void addDiagonal() {
        for (int i = 0; i < blocks.count(); i++) {
            double weight = blocks.row(i).weight();
            spreads(i * row.length);
            for (int k = 0; k < row.length; k++) {
                logits[i * row.length + k] = weight * row[k];
            }
        }
        squares.addProduct(logits, diagonal);
        squares.clear();
    }

    /** row ← the diagonal of ℓ″ at the logits of one row. */
    private void spreads(int at) {
        System.arraycopy(logits, at, row, 0, row.length);
        switch (objective.family()) {
            case RIDGE -> Arrays.fill(row, 1);
            case LOGISTIC -> {
                loss.curvatureRoot(row.clone(), row);
                row[0] *= row[0];
            }
            case SOFTMAX -> {
                SoftmaxLoss.probabilities(row, row);
                for (int k = 0; k < row.length; k++) {
                    row[k] *= 1 - row[k];
                }
            }
        }
    }

    private void addKronecker() {
        int columns = objective.columns();
        for (int i = 0; i < blocks.count(); i++) {
            double root = Math.sqrt(addSpread(i * row.length, blocks.row(i).weight()));
            double[] x = blocks.row(i).x();
            for (int j = 0; j < columns; j++) {
                scaled[i * columns + j] = root * x[j];
            }
        }
        panel.put(0, scaled, blocks.count() * columns);
        DenseKernels.syrk(columns, blocks.count(), 1.0, panel.pointer(), gram.pointer(), columns);
    }

    /** Adds w·(diag(p) − ppᵀ) of one row. @return w·t, its trace */
    private double addSpread(int at, double weight) {
        System.arraycopy(logits, at, row, 0, row.length);
        SoftmaxLoss.probabilities(row, row);
        double trace = 0;
        for (int l = 0, to = 0; l < row.length; l++) {
            double own = weight * row[l] * (1 - row[l]);
            trace += own;
            spread[to++] += own;
            for (int k = l + 1; k < row.length; k++) {
                spread[to++] -= weight * row[k] * row[l];
            }
        }
        return trace;
    }

    @Override
    public void close() {
        blocks.close();
        theta.close();
        if (gram == null) {
            squares.close();
            diagonal.close();
        } else {
            gram.close();
            panel.close();
        }
    }
}
