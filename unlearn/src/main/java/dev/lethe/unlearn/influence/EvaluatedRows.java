package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SelfTest;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in one piece of off-heap memory, X (d × n), with their logits, residuals and curvature weights at one θ. What is
 * asked of them again and again is then matrix products. Not thread-safe.
 */
public final class EvaluatedRows implements AutoCloseable {

    private final Objective objective;
    private final double[] theta;
    private final List<Row> rows;
    private final DenseMatrix x;
    private final double[] logits;
    private final double[] residuals;
    private final double[] bends;

    private EvaluatedRows(Objective objective, double[] theta, List<Row> rows) {
        int values = Math.multiplyExact(objective.outputs(), rows.size());
        this.objective = objective;
        this.theta = theta.clone();
        this.rows = rows;
        this.x = DenseMatrix.zeros(objective.columns(), rows.size());
        this.logits = new double[values];
        this.residuals = new double[values];
        this.bends = new double[values];
    }

    /**
     * Rows at θ.
     *
     * @param theta K·d. Not modified.
     * @param rows at least one. Not copied, not modified.
     * @throws IllegalArgumentException if there is no row, or a length does not fit the objective
     */
    public static EvaluatedRows of(Objective objective, double[] theta, List<Row> rows) {
        SelfTest.run();
        requireFits(objective, theta, rows);
        EvaluatedRows evaluated = new EvaluatedRows(objective, theta, List.copyOf(rows));
        for (int i = 0; i < rows.size(); i++) {
            evaluated.x.put(i, rows.get(i).x());
        }
        evaluated.evaluate();
        return evaluated;
    }

    private static void requireFits(Objective objective, double[] theta, List<Row> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("rows: expected at least one, got none");
        }
        if (theta.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "rows: expected " + objective.parameters() + " parameters, got " + theta.length);
        }
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).x().length != objective.columns()) {
                throw new IllegalArgumentException("row " + i + ": expected " + objective.columns() + " columns, got "
                        + rows.get(i).x().length);
            }
        }
    }

    private void evaluate() {
        int outputs = objective.outputs();
        System.arraycopy(logitsAt(theta), 0, logits, 0, logits.length);
        Loss loss = Loss.of(objective.family());
        double[] z = new double[outputs];
        double[] out = new double[outputs];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(logits, i * outputs, z, 0, outputs);
            loss.residual(z, rows.get(i).y(), out);
            System.arraycopy(out, 0, residuals, i * outputs, outputs);
            bendsOf(loss, z, out);
            System.arraycopy(out, 0, bends, i * outputs, outputs);
        }
    }

    private double[] logitsAt(double[] at) {
        int outputs = objective.outputs();
        double[] out = new double[outputs * rows.size()];
        try (DenseMatrix parameters = DenseMatrix.zeros(objective.columns(), outputs);
                DenseMatrix product = DenseMatrix.zeros(outputs, rows.size())) {
            parameters.put(0, at);
            DenseKernels.gemmTransposedLeft(
                    outputs,
                    rows.size(),
                    objective.columns(),
                    1.0,
                    parameters.pointer(),
                    x.pointer(),
                    0.0,
                    product.pointer());
            product.get(0, out);
            return out;
        }
    }

    /** What ℓ″ is made of: 1 for ridge, s for logistic, the probabilities for softmax. */
    private void bendsOf(Loss loss, double[] z, double[] out) {
        switch (objective.family()) {
            case RIDGE -> Arrays.fill(out, 1);
            case LOGISTIC -> {
                loss.curvatureRoot(z, out);
                out[0] *= out[0];
            }
            case SOFTMAX -> SoftmaxLoss.probabilities(z, out);
        }
    }

    public Objective objective() {
        return objective;
    }

    /** θ, K·d, a copy. */
    public double[] theta() {
        return theta.clone();
    }

    /** n. */
    public int count() {
        return rows.size();
    }

    /** Row i. */
    public Row row(int i) {
        return rows.get(i);
    }

    /** All rows, not modifiable. */
    public List<Row> rows() {
        return rows;
    }

    /** K logits of row i, a copy. */
    public double[] logits(int i) {
        return slice(logits, i);
    }

    /** ∂ℓ/∂z of row i, K values, without its weight, a copy. */
    public double[] residual(int i) {
        return slice(residuals, i);
    }

    private double[] slice(double[] values, int i) {
        return Arrays.copyOfRange(values, i * objective.outputs(), (i + 1) * objective.outputs());
    }

    /** w·r of all rows, K·n, a copy: the factors of the rows' part in the gradient. */
    public double[] weightedResiduals() {
        double[] out = residuals.clone();
        for (int i = 0; i < out.length; i++) {
            out[i] *= rows.get(i / objective.outputs()).weight();
        }
        return out;
    }

    /** X, d × n. */
    DenseMatrix matrix() {
        return x;
    }

    /** u ← w·ℓ″(z)·u for row i. @param u K values from {@code at} on. Modified. */
    void bend(int i, double[] u, int at) {
        int outputs = objective.outputs();
        int own = i * outputs;
        double weight = rows.get(i).weight();
        double mean = 0;
        if (objective.family() == Family.SOFTMAX) {
            for (int k = 0; k < outputs; k++) {
                mean += bends[own + k] * u[at + k];
            }
        }
        // Softmax: (diag(p) − ppᵀ)u = p∘(u − pᵀu).
        for (int k = 0; k < outputs; k++) {
            u[at + k] = weight * bends[own + k] * (u[at + k] - mean);
        }
    }

    /**
     * One column r ⊗ x per row: its loss' gradient, without its weight.
     *
     * @return K·d × n, column-major
     */
    public double[] gradients() {
        int parameters = objective.parameters();
        double[] out = new double[Math.multiplyExact(parameters, rows.size())];
        for (int i = 0; i < rows.size(); i++) {
            outer(i * objective.outputs(), rows.get(i).x(), out, i * parameters);
        }
        return out;
    }

    /** Σ w∇ℓ over the rows, K·d; without the penalty. */
    public double[] gradientSum() {
        return sum(weightedResiduals());
    }

    /** As {@link #gradientSum}, at another θ. @param other K·d. Not modified. */
    public double[] gradientSumAt(double[] other) {
        int outputs = objective.outputs();
        double[] factors = logitsAt(other);
        Loss loss = Loss.of(objective.family());
        double[] z = new double[outputs];
        double[] out = new double[outputs];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(factors, i * outputs, z, 0, outputs);
            loss.residual(z, rows.get(i).y(), out);
            for (int k = 0; k < outputs; k++) {
                factors[i * outputs + k] = rows.get(i).weight() * out[k];
            }
        }
        return sum(factors);
    }

    private double[] sum(double[] weighted) {
        int outputs = objective.outputs();
        double[] sum = new double[objective.parameters()];
        try (DenseMatrix factors = DenseMatrix.zeros(outputs, rows.size());
                DenseMatrix product = DenseMatrix.zeros(objective.columns(), outputs)) {
            factors.put(0, weighted);
            DenseKernels.gemmTransposedRight(
                    objective.columns(),
                    outputs,
                    rows.size(),
                    1.0,
                    x.pointer(),
                    factors.pointer(),
                    0.0,
                    product.pointer());
            product.get(0, sum);
        }
        return sum;
    }

    private void outer(int from, double[] row, double[] out, int at) {
        for (int k = 0; k < objective.outputs(); k++) {
            double factor = residuals[from + k];
            for (int j = 0; j < row.length; j++) {
                out[at + k * row.length + j] = factor * row[j];
            }
        }
    }

    @Override
    public void close() {
        x.close();
    }
}
