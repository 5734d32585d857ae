package dev.lethe.unlearn;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Seeded rows and the objectives they are tried with. */
public final class Samples {

    private final Objective objective;
    private final Random random;
    private final double[] truth;

    public Samples(Objective objective, long seed) {
        this.objective = objective;
        this.random = new Random(seed);
        this.truth = random.doubles(objective.parameters(), -1, 1).toArray();
    }

    /** Every family with every intercept it can have. */
    public static Stream<Objective> objectives() {
        return Stream.of(Intercept.values())
                .flatMap(intercept -> Stream.of(
                        new Objective(Family.RIDGE, 5, 1, intercept, 0.7),
                        new Objective(Family.RIDGE, 4, 3, intercept, 0.7),
                        new Objective(Family.LOGISTIC, 6, 1, intercept, 0.7),
                        new Objective(Family.SOFTMAX, 4, 4, intercept, 0.7)));
    }

    public List<Row> rows(int count) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(row(1));
        }
        return everyClass(rows);
    }

    /** With a free intercept there is no minimum unless every class has a row. */
    private List<Row> everyClass(List<Row> rows) {
        int classes = objective.family() == Family.SOFTMAX ? objective.outputs() : 2;
        boolean needed = objective.intercept() == Intercept.FREE && objective.family() != Family.RIDGE;
        for (int k = 0; needed && k < Math.min(classes, rows.size()); k++) {
            double label = objective.family() == Family.SOFTMAX ? k : 2 * k - 1;
            rows.set(
                    k,
                    new Row(rows.get(k).x(), new double[] {label}, rows.get(k).weight()));
        }
        return rows;
    }

    public List<Row> weightedRows(int count) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(row(0.25 + 2 * random.nextDouble()));
        }
        return everyClass(rows);
    }

    public Row row(double weight) {
        double[] x = new double[objective.columns()];
        for (int j = 0; j < x.length; j++) {
            x[j] = random.nextGaussian();
        }
        if (objective.intercept() != Intercept.NONE) {
            x[x.length - 1] = 1;
        }
        return new Row(x, label(x), weight);
    }

    /** Another label for the same x. */
    public Row relabelled(Row row) {
        double[] y = row.y().clone();
        switch (objective.family()) {
            case RIDGE -> y[0] += 1 + random.nextDouble();
            case LOGISTIC -> y[0] = -y[0];
            case SOFTMAX -> y[0] = ((int) y[0] + 1) % objective.outputs();
        }
        return new Row(row.x(), y, row.weight());
    }

    private double[] label(double[] x) {
        double[] z = new double[objective.outputs()];
        int best = 0;
        for (int k = 0; k < z.length; k++) {
            for (int j = 0; j < x.length; j++) {
                z[k] += truth[k * x.length + j] * x[j];
            }
            z[k] += 0.7 * random.nextGaussian();
            best = z[k] > z[best] ? k : best;
        }
        return switch (objective.family()) {
            case RIDGE -> z;
            case LOGISTIC -> new double[] {z[0] > 0 ? 1 : -1};
            case SOFTMAX -> new double[] {best};
        };
    }

    /** One pass over the rows. */
    public static Sums pass(Objective objective, double[] theta, List<Row> rows, boolean secondOrder) {
        try (PassAccumulator pass = new PassAccumulator(objective, theta, secondOrder, secondOrder)) {
            rows.forEach(pass::add);
            return pass.sums();
        }
    }

    /** A factor at theta over the rows. */
    public static DenseFactor factor(Objective objective, double[] theta, List<Row> rows) {
        try {
            return DenseFactor.build(objective, pass(objective, theta, rows, true));
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException(e);
        }
    }

    /** ‖∇J(theta)‖ over the rows, measured by a pass. */
    public static double residual(Objective objective, double[] theta, double[] perturbation, List<Row> rows) {
        try (Anchor at = Anchor.at(objective, theta, perturbation, pass(objective, theta, rows, false))) {
            return at.gradientNorm();
        }
    }

    public static double distance(double[] a, double[] b) {
        return Vectors.norm(Vectors.minus(a, b));
    }
}
