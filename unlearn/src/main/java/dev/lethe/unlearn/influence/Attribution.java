package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;

/**
 * Answers which training rows matter to test rows, by one method over one model. Not thread-safe; borrows what it is given.
 */
public final class Attribution {

    /** Self-influences are asked for this many rows at a time. */
    private static final int BLOCK = 256;

    private final EvaluatedRows rows;
    private final InfluenceMethod method;

    /** @param rows the training rows at θ @param method over the same rows */
    public Attribution(EvaluatedRows rows, InfluenceMethod method) {
        this.rows = rows;
        this.method = method;
    }

    /**
     * The change of each test row's loss if a training row is removed, to first order. Positive: the row helps.
     *
     * @param test at least one row of the same columns and labels. Not modified.
     * @return n × tests, row by row
     */
    public double[] onEach(List<Row> test) {
        return Influences.of(rows, rows.weightedResiduals(), solved(test), test.size());
    }

    /** As {@link #onEach}, the row's own curvature taken out exactly. */
    public double[] onEach(List<Row> test, Removals removals) {
        return Influences.of(rows, removals.factors(), solved(test), test.size());
    }

    /**
     * The rise of each test row's loss at the parameters that a down-dated removal moves to: not to first order in the step,
     * as {@link #onEach} is. Costs a solve for each training row.
     *
     * @return n × tests, row by row
     */
    public double[] rises(List<Row> test, Removals removals) {
        double[] out = new double[Math.multiplyExact(rows.count(), test.size())];
        double[] factors = removals.factors();
        for (int at = 0; at < rows.count(); at += BLOCK) {
            int count = Math.min(BLOCK, rows.count() - at);
            double[] steps = method.solve(gradients(factors, at, count), count);
            for (int t = 0; t < test.size(); t++) {
                rises(test.get(t), steps, count, out, at * test.size() + t, test.size());
            }
        }
        return out;
    }

    /** f ⊗ x of some rows, K·d × count. */
    private double[] gradients(double[] factors, int from, int count) {
        int outputs = rows.objective().outputs();
        int columns = rows.objective().columns();
        double[] out = new double[Math.multiplyExact(rows.objective().parameters(), count)];
        for (int i = 0; i < count; i++) {
            double[] x = rows.row(from + i).x();
            for (int k = 0; k < outputs; k++) {
                double factor = factors[(from + i) * outputs + k];
                for (int j = 0; j < columns; j++) {
                    out[(i * outputs + k) * columns + j] = factor * x[j];
                }
            }
        }
        return out;
    }

    /** Of one test row, for some steps. @param out Modified at {@code first}, {@code first + stride}, … */
    private void rises(Row test, double[] steps, int count, double[] out, int first, int stride) {
        Objective objective = rows.objective();
        Loss loss = Loss.of(objective.family());
        double[] logits = Predictor.logits(objective, rows.theta(), test.x());
        double before = loss.value(logits, test.y());
        double[] moved = new double[logits.length];
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < moved.length; k++) {
                int at = (i * moved.length + k) * objective.columns();
                moved[k] = logits[k] + Vectors.dot(steps, at, test.x());
            }
            out[first + i * stride] = loss.value(moved, test.y()) - before;
        }
    }

    /** As {@link #onEach}, on the sum of the test rows' weighted losses; n. */
    public double[] onSum(List<Row> test) {
        return Influences.of(rows, rows.weightedResiduals(), method.solve(sum(test), 1), 1);
    }

    /** As {@link #onSum}, the row's own curvature taken out exactly. */
    public double[] onSum(List<Row> test, Removals removals) {
        return Influences.of(rows, removals.factors(), method.solve(sum(test), 1), 1);
    }

    /**
     * Influences divided by how far the row's removal moves the parameters: rows that are far-reaching for every test row no
     * longer lead each list (Barshan et al. 2020, θ-relative).
     *
     * @param influences n × tests, row by row. Not modified.
     */
    public static double[] relative(double[] influences, Removals removals) {
        double[] norms = removals.stepNorms();
        int tests = influences.length / norms.length;
        double[] out = influences.clone();
        for (int i = 0; i < out.length; i++) {
            double norm = norms[i / tests];
            out[i] = norm > 0 ? out[i] / norm : 0;
        }
        return out;
    }

    /** −H⁻¹w∇ℓ of a row: the direction θ goes if the row counts more, K·d. */
    public double[] onParameters(Row row) {
        double[] step = method.solve(sum(List.of(row)), 1);
        for (int j = 0; j < step.length; j++) {
            step[j] = -step[j];
        }
        return step;
    }

    /** w∇ℓᵀH⁻¹∇ℓ of each training row by any method; n. The direct one has it faster in {@link Removals}. */
    public double[] selfInfluences() {
        Objective objective = rows.objective();
        int length = objective.parameters();
        double[] out = new double[rows.count()];
        for (int at = 0; at < out.length; at += BLOCK) {
            int count = Math.min(BLOCK, out.length - at);
            List<Row> some = rows.rows().subList(at, at + count);
            double[] gradients = gradients(some);
            double[] solved = method.solve(gradients, count);
            for (int i = 0; i < gradients.length; i++) {
                out[at + i / length] += gradients[i] * solved[i];
            }
            for (int i = 0; i < count; i++) {
                out[at + i] *= some.get(i).weight();
            }
        }
        return out;
    }

    private double[] solved(List<Row> test) {
        return method.solve(gradients(test), test.size());
    }

    private double[] gradients(List<Row> of) {
        try (EvaluatedRows evaluated = EvaluatedRows.of(rows.objective(), rows.theta(), of)) {
            return evaluated.gradients();
        }
    }

    private double[] sum(List<Row> of) {
        try (EvaluatedRows evaluated = EvaluatedRows.of(rows.objective(), rows.theta(), of)) {
            return evaluated.gradientSum();
        }
    }
}
