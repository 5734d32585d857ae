package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.List;

/**
 * What some changes would cost, looked at before they are folded in.
 *
 * @param leverage of the rows that would go, together: how much of the curvature somewhere is theirs alone
 * @param bound the residual bound that these changes would have if they were the only ones, to first order in the
 *     gradient and amplified by 1 / (1 − leverage); infinite where nothing would be left
 */
public record Forecast(double leverage, double bound) {

    /** Nothing is asked for. */
    public static final Forecast NOTHING = new Forecast(0, 0);

    /**
     * O(d²) per row.
     *
     * @param anchor with a factor. Not modified.
     * @param changes of one subject. Not modified.
     * @throws IllegalStateException if the anchor has no factor
     */
    public static Forecast of(Anchor anchor, List<RowChange> changes) {
        Objective objective = anchor.objective();
        Factor factor = anchor.held().require();
        double leverage = factor.leverage(leaving(changes), anchor.held().theta());
        double gamma = Loss.of(objective.family()).thirdDerivativeBound();
        if (gamma == 0) {
            return new Forecast(leverage, 0);
        }
        if (!(leverage < 1)) {
            return new Forecast(leverage, Double.POSITIVE_INFINITY);
        }
        double[] gradient = gradient(objective, anchor.sums().theta(), changes);
        double[] step = new double[gradient.length];
        factor.multiply(gradient, step);
        double form = factor.gramForm(step) / ((1 - leverage) * (1 - leverage));
        double norm = Math.max(anchor.sums().maxNorm(), maxNorm(changes));
        return new Forecast(leverage, gamma / 2 * norm * form);
    }

    private static List<Row> leaving(List<RowChange> changes) {
        List<Row> rows = new ArrayList<>();
        for (RowChange change : changes) {
            if (change.before() != null && !HeldFactor.sameCurvature(change)) {
                rows.add(change.before());
            }
        }
        return rows;
    }

    private static double[] gradient(Objective objective, double[] theta, List<RowChange> changes) {
        double[] sum = new double[objective.parameters()];
        for (RowChange change : changes) {
            add(objective, theta, change.before(), -1, sum);
            add(objective, theta, change.after(), 1, sum);
        }
        Gauge.project(objective, sum);
        return sum;
    }

    private static void add(Objective objective, double[] theta, Row row, int sign, double[] sum) {
        if (row == null) {
            return;
        }
        double[] residual = new double[objective.outputs()];
        Loss.of(objective.family()).residual(Predictor.logits(objective, theta, row.x()), row.y(), residual);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += sign * row.weight() * residual[i / row.x().length] * row.x()[i % row.x().length];
        }
    }

    private static double maxNorm(List<RowChange> changes) {
        return changes.stream()
                .filter(change -> change.after() != null)
                .mapToDouble(change -> change.after().norm())
                .max()
                .orElse(0);
    }
}
