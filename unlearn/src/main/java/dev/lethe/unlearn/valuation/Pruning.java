package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.hipparchus.stat.regression.SimpleRegression;

/** Training on a part of the rows: which part, and what it costs. */
public final class Pruning {

    private Pruning() {}

    /** Which rows stay. */
    public enum Keep {
        /** Those with the lowest scores. */
        EASIEST,
        /** Those with the highest scores. */
        HARDEST
    }

    /**
     * A model trained on a part.
     *
     * @param kept rows it was trained on
     * @param accuracy share of the test rows predicted right; NaN for ridge
     * @param loss mean test loss
     */
    public record Point(int kept, double accuracy, double loss) {}

    /** loss ≈ exp(intercept)·kept^exponent, with its R² on the logarithms. */
    public record PowerLaw(double exponent, double intercept, double rSquared) {}

    /**
     * The rows that stay, in their own order.
     *
     * @param scores one per row. Not modified.
     * @param fraction in (0, 1]; at least one row stays
     */
    public static List<Row> kept(List<Row> rows, double[] scores, Keep keep, double fraction) {
        if (!(fraction > 0 && fraction <= 1) || scores.length != rows.size()) {
            throw new IllegalArgumentException("pruning: expected a fraction in (0, 1] and " + rows.size()
                    + " scores, got " + fraction + " and " + scores.length);
        }
        int sign = keep == Keep.EASIEST ? 1 : -1;
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> sign * scores[i]))
                .limit(Math.max(1, Math.round(fraction * rows.size())))
                .sorted()
                .map(rows::get)
                .toList();
    }

    /** Trains on rows and looks at others. */
    public static Point train(Objective objective, List<Row> rows, List<Row> test) {
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            return new Point(
                    rows.size(), accuracy(objective, anchor.theta(), test), loss(objective, anchor.theta(), test));
        }
    }

    /** Mean loss. @param theta K·d. Not modified. */
    public static double loss(Objective objective, double[] theta, List<Row> test) {
        Loss loss = Loss.of(objective.family());
        return test.stream()
                .mapToDouble(row -> loss.value(Predictor.logits(objective, theta, row.x()), row.y()))
                .average()
                .orElse(Double.NaN);
    }

    /** Share of rows predicted right; NaN for ridge. @param theta K·d. Not modified. */
    public static double accuracy(Objective objective, double[] theta, List<Row> test) {
        if (objective.family() == Family.RIDGE) {
            return Double.NaN;
        }
        return test.stream()
                .mapToDouble(row -> Predictor.classIndex(objective, theta, row.x()) == classOf(objective, row) ? 1 : 0)
                .average()
                .orElse(Double.NaN);
    }

    private static int classOf(Objective objective, Row row) {
        return Sums.classOf(objective, row);
    }

    /** Least squares on the logarithms. @param points at least two, with losses above 0 */
    public static PowerLaw powerLaw(List<Point> points) {
        SimpleRegression regression = new SimpleRegression();
        points.forEach(point -> regression.addData(Math.log(point.kept()), Math.log(point.loss())));
        return new PowerLaw(regression.getSlope(), regression.getIntercept(), regression.getRSquare());
    }
}
