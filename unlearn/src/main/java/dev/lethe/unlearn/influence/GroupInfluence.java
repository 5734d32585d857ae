package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.CurvatureProduct;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.Objects;

/** What a group of rows does together: removed, relabelled or replaced. */
public final class GroupInfluence {

    private static final double TOLERANCE = 1e-13;

    private static final int MAX_STEPS = 1000;

    private final Objective objective;
    private final double[] theta;
    private final InfluenceMethod method;

    /** @param theta K·d. Not modified. @param method over all rows at θ; borrowed */
    public GroupInfluence(Objective objective, double[] theta, InfluenceMethod method) {
        this.objective = objective;
        this.theta = theta.clone();
        this.method = method;
    }

    /**
     * By how much θ moves, to first order: the curvature of the group is still counted. A sum over its rows (Koh et al. 2019).
     *
     * @param changes at least one. Not modified.
     * @return K·d
     */
    public double[] firstOrder(List<RowChange> changes) {
        return method.solve(lostGradient(changes), 1);
    }

    /**
     * By how much θ moves in one Newton step with the curvature that is left, (H − H_before + H_after)⁻¹g: conjugate gradients
     * preconditioned by H⁻¹, which need no more steps than the group has curvature columns, and few if it is a small part.
     *
     * @param changes at least one. Not modified.
     * @return K·d
     * @throws ArithmeticException if nothing definite is left without the group, or the method's H⁻¹ is too rough
     */
    public double[] newtonStep(List<RowChange> changes) {
        double[] residual = lostGradient(changes);
        double[] step = new double[residual.length];
        double limit = TOLERANCE * Vectors.norm(residual);
        double[] direction = method.solve(residual, 1);
        // H·direction, carried along instead of being computed.
        double[] image = residual.clone();
        double inner = Vectors.dot(residual, direction);
        for (int i = 0; i < MAX_STEPS && Vectors.norm(residual) > limit; i++) {
            double[] bent = Vectors.minus(image, lostCurvature(changes, direction));
            double curved = Vectors.dot(direction, bent);
            if (!(curved > 0)) {
                throw new ArithmeticException("group of " + changes.size() + " rows: without it the curvature is not"
                        + " positive definite; no step can be made, retrain instead");
            }
            double length = inner / curved;
            Columns.add(step, length, direction);
            Columns.add(residual, -length, bent);
            double[] solved = method.solve(residual, 1);
            double next = Vectors.dot(residual, solved);
            direction = Vectors.plus(solved, next / inner, direction);
            image = Vectors.plus(residual, next / inner, image);
            inner = next;
        }
        return step;
    }

    /** Σ w∇ℓ of what goes minus that of what comes. */
    private double[] lostGradient(List<RowChange> changes) {
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("group: expected at least one row, got none");
        }
        double[] sum = new double[objective.parameters()];
        addGradients(befores(changes), 1, sum);
        addGradients(afters(changes), -1, sum);
        CurvatureOperator.projectColumns(objective, sum);
        return sum;
    }

    private void addGradients(List<Row> present, double sign, double[] sum) {
        if (present.isEmpty()) {
            return;
        }
        try (EvaluatedRows rows = EvaluatedRows.of(objective, theta, present)) {
            Columns.add(sum, sign, rows.gradientSum());
        }
    }

    private double[] lostCurvature(List<RowChange> changes, double[] direction) {
        double[] sum = curvature(befores(changes), direction);
        Columns.add(sum, -1, curvature(afters(changes), direction));
        CurvatureOperator.projectColumns(objective, sum);
        return sum;
    }

    private double[] curvature(List<Row> rows, double[] direction) {
        try (CurvatureProduct product = new CurvatureProduct(objective, theta, direction)) {
            rows.forEach(product::add);
            return product.product();
        }
    }

    private static List<Row> befores(List<RowChange> changes) {
        return changes.stream().map(RowChange::before).filter(Objects::nonNull).toList();
    }

    private static List<Row> afters(List<RowChange> changes) {
        return changes.stream().map(RowChange::after).filter(Objects::nonNull).toList();
    }
}
