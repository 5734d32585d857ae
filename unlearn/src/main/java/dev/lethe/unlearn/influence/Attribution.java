package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
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
