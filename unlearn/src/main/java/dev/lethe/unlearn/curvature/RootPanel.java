package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import java.util.List;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Curvature roots of a block of rows: columns u with Σ uuᵀ = Σ w ∇²ℓ. A row has one column √(ws)·x for ridge and
 * logistic, and the K − 1 columns √w·(B_c ⊗ x) for softmax.
 */
final class RootPanel implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final boolean shared;
    private final int rank;
    private final DenseMatrix roots;
    private final DenseMatrix weighted;
    private final double[] column;
    private final double[] weightedRow;
    private final double[] logits;
    private final double[] root;
    private int columns;

    /** Columns per row. Ridge: one, as all outputs share one curvature. */
    static int rank(Objective objective) {
        boolean ridge = objective.family() == Family.RIDGE;
        return ridge ? 1 : Loss.of(objective.family()).rank(objective.outputs());
    }

    /** @param capacity columns, at least what one row needs */
    RootPanel(Objective objective, int capacity) {
        int outputs = objective.outputs();
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        // Ridge: ℓ″ = I, one d × d curvature for all outputs, whatever θ.
        this.shared = objective.family() == Family.RIDGE;
        this.rank = rank(objective);
        this.roots = DenseMatrix.zeros(Sums.curvatureSize(objective), capacity);
        this.weighted = DenseMatrix.zeros(objective.columns(), capacity / rank);
        this.column = new double[roots.rows()];
        this.weightedRow = new double[objective.columns()];
        this.logits = new double[outputs];
        this.root = new double[outputs * Math.max(1, loss.rank(outputs))];
    }

    /** Columns per row. */
    int rank() {
        return rank;
    }

    int capacity() {
        return roots.columns();
    }

    /** Columns filled. */
    int columns() {
        return columns;
    }

    DoublePointer pointer() {
        return roots.pointer();
    }

    /** √w·x, one column per row. */
    DoublePointer weightedRows() {
        return weighted.pointer();
    }

    /** Replaces the content. @param rows at most capacity / rank. Not modified. @param theta θ_P. Not modified. */
    void fill(List<Row> rows, double[] theta) {
        columns = 0;
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            double scale = Math.sqrt(row.weight());
            for (int j = 0; j < weightedRow.length; j++) {
                weightedRow[j] = scale * row.x()[j];
            }
            weighted.put(i, weightedRow);
            putRoots(row, theta);
        }
    }

    private void putRoots(Row row, double[] theta) {
        if (shared) {
            roots.put(columns++, weightedRow);
            return;
        }
        Predictor.logits(objective, theta, row.x(), logits);
        loss.curvatureRoot(logits, root);
        int d = weightedRow.length;
        for (int c = 0; c < rank; c++) {
            for (int k = 0; k < logits.length; k++) {
                double factor = root[c * logits.length + k];
                for (int j = 0; j < d; j++) {
                    column[k * d + j] = factor * weightedRow[j];
                }
            }
            roots.put(columns++, column);
        }
    }

    @Override
    public void close() {
        roots.close();
        weighted.close();
    }
}
