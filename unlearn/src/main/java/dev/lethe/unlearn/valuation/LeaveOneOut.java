package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethod;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;

/**
 * The models that never saw one row, refitted until their gradient is zero: what influence is measured against. Steps of the
 * full model's H⁻¹ on the gradient without the row; they contract by the row's leverage.
 */
public final class LeaveOneOut {

    private static final double TOLERANCE = 1e-9;

    private static final int MAX_STEPS = 500;

    private final EvaluatedRows rows;
    private final InfluenceMethod inverse;
    private final Objective objective;
    private final Loss loss;

    /** @param rows all rows at the fitted θ; borrowed @param inverse H⁻¹ over them; borrowed */
    public LeaveOneOut(EvaluatedRows rows, InfluenceMethod inverse) {
        this.rows = rows;
        this.inverse = inverse;
        this.objective = rows.objective();
        this.loss = Loss.of(objective.family());
    }

    /**
     * θ fitted without row {@code left}, K·d, until ‖∇J‖ ≤ 1e-9·Λ(1 + ‖θ‖) (Λ = 0: 1e-9).
     *
     * @throws IllegalStateException if the steps do not get there: the row's leverage is almost 1
     */
    public double[] without(int left) {
        double[] theta = rows.theta();
        double scale = objective.l2() > 0 ? objective.l2() : 1;
        for (int step = 0; step < MAX_STEPS; step++) {
            double[] gradient = gradient(theta, left);
            if (Vectors.norm(gradient) <= TOLERANCE * scale * (1 + Vectors.norm(theta))) {
                return theta;
            }
            theta = Vectors.minus(theta, inverse.solve(gradient, 1));
        }
        throw new IllegalStateException("leave-one-out: row " + left + " is not refitted after " + MAX_STEPS
                + " steps; refit the model without it instead");
    }

    private double[] gradient(double[] theta, int left) {
        double[] sum = rows.gradientSumAt(theta);
        Row row = rows.row(left);
        double[] logits = Predictor.logits(objective, theta, row.x());
        double[] residual = new double[logits.length];
        loss.residual(logits, row.y(), residual);
        int d = objective.columns();
        for (int j = 0; j < sum.length; j++) {
            sum[j] -= row.weight() * residual[j / d] * row.x()[j % d];
            sum[j] += objective.penalised(j % d) ? objective.l2() * theta[j] : 0;
        }
        Gauge.project(objective, sum);
        return sum;
    }

    /**
     * By how much each test loss rises without row {@code left}, exactly.
     *
     * @param test Not modified.
     */
    public double[] effect(int left, List<Row> test) {
        double[] theta = without(left);
        double[] before = rows.theta();
        return test.stream()
                .mapToDouble(row -> lossOf(theta, row) - lossOf(before, row))
                .toArray();
    }

    private double lossOf(double[] theta, Row row) {
        return loss.value(Predictor.logits(objective, theta, row.x()), row.y());
    }
}
