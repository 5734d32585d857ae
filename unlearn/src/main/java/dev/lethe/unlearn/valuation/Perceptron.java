package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The student and teacher of the pruning literature (Sorscher et al. 2022): x ~ N(0, I), y = sign(T·x). A probe student, at a
 * given angle to T, measures each row's margin |probe·x|; the student learns from the rows with the smallest (hardest) or
 * largest (easiest) ones. Its error on new rows is its angle to T over π, exactly.
 *
 * <p>The student is a barely penalised logistic regression, whose direction goes to that of the largest margin.
 */
public final class Perceptron {

    private static final double PENALTY = 1e-3;

    private final int dimensions;
    private final Random random;
    private final double[] teacher;
    private final double[] probe;

    /** @param probeAngle between probe and teacher, in radians; 0: the teacher itself */
    public Perceptron(int dimensions, double probeAngle, long seed) {
        if (dimensions < 2) {
            throw new IllegalArgumentException("perceptron: expected at least 2 dimensions, got " + dimensions);
        }
        this.dimensions = dimensions;
        this.random = new Random(seed);
        this.teacher = unit(gaussian());
        double[] other = gaussian();
        other = unit(Vectors.plus(other, -Vectors.dot(other, teacher), teacher));
        double[] turned = new double[dimensions];
        for (int j = 0; j < dimensions; j++) {
            turned[j] = Math.cos(probeAngle) * teacher[j] + Math.sin(probeAngle) * other[j];
        }
        this.probe = turned;
    }

    /** New rows with the teacher's labels. */
    public List<Row> rows(int count) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = gaussian();
            rows.add(new Row(x, new double[] {Vectors.dot(teacher, x) > 0 ? 1 : -1}, 1));
        }
        return rows;
    }

    /** The {@code keep} rows with the smallest margin to the probe (hardest), or the largest (easiest). */
    public List<Row> pruned(List<Row> rows, int keep, Pruning.Keep which) {
        Comparator<Row> byMargin = Comparator.comparingDouble(row -> Math.abs(Vectors.dot(probe, row.x())));
        return rows.stream()
                .sorted(which == Pruning.Keep.HARDEST ? byMargin : byMargin.reversed())
                .limit(keep)
                .toList();
    }

    /** The student's error on new rows: its angle to the teacher over π. */
    public double error(List<Row> rows) {
        Objective objective = new Objective(Family.LOGISTIC, dimensions, 1, Intercept.NONE, PENALTY);
        try (Anchor student = InMemoryFit.fit(objective, rows, null)) {
            double cosine = Vectors.dot(teacher, student.theta()) / Vectors.norm(student.theta());
            return Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI;
        }
    }

    private double[] gaussian() {
        double[] x = new double[dimensions];
        for (int j = 0; j < dimensions; j++) {
            x[j] = random.nextGaussian();
        }
        return x;
    }

    private static double[] unit(double[] v) {
        double norm = Vectors.norm(v);
        double[] out = v.clone();
        for (int j = 0; j < out.length; j++) {
            out[j] /= norm;
        }
        return out;
    }
}
