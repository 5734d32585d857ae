package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.Arrays;
import java.util.Optional;

/** G, loss and counts at one θ₀ over today's rows, kept true change by change. */
final class RunningSums {

    private final Objective objective;
    private final Loss loss;
    private final double[] theta;
    private final double[] perturbation;
    private final double[] gradient;
    private final double[] logits;
    private final double[] residual;
    private double lossSum;
    private double gradientScale;
    private long rows;
    private double weight;
    private double maxNorm;
    private long changes;
    private final double[] classRows;

    /** @param state Not modified. */
    RunningSums(Objective objective, Anchor.State state) {
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.theta = state.theta().clone();
        this.perturbation = copy(state.perturbation());
        this.gradient = state.gradient().clone();
        this.logits = new double[objective.outputs()];
        this.residual = new double[objective.outputs()];
        this.lossSum = state.loss();
        this.gradientScale = state.gradientScale();
        this.rows = state.rows();
        this.weight = state.weight();
        this.maxNorm = state.maxNorm();
        this.changes = state.changes();
        this.classRows = copy(state.classRows());
    }

    /** What a pass' sums make of a new anchor: penalty and b added to the gradient. Nothing is modified. */
    static Anchor.State start(
            Objective objective, double[] theta, double[] perturbationOrNull, Sums sums, long changes) {
        double[] b = copy(perturbationOrNull);
        double[] gradient = sums.gradient().clone();
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] += objective.penalised(i % objective.columns()) ? objective.l2() * theta[i] : 0;
        }
        if (b != null) {
            // A b along the flat direction would leave J without a minimum.
            Gauge.project(objective, b);
            gradient = Vectors.plus(gradient, 1, b);
        }
        Gauge.project(objective, gradient);
        return new Anchor.State(
                theta,
                null,
                gradient,
                b,
                sums.loss(),
                sums.gradientScale(),
                sums.rows(),
                sums.weight(),
                sums.maxNorm(),
                changes,
                sums.classRows());
    }

    /** Copies, with the factor's θ_P put in. */
    Anchor.State state(double[] thetaFactor) {
        return new Anchor.State(
                theta.clone(),
                copy(thetaFactor),
                gradient.clone(),
                copy(perturbation),
                lossSum,
                gradientScale,
                rows,
                weight,
                maxNorm,
                changes,
                copy(classRows));
    }

    void fold(RowChange change) {
        if (change.before() != null) {
            count(change.before(), -1);
        }
        if (change.after() != null) {
            count(change.after(), 1);
        }
        Gauge.project(objective, gradient);
        changes++;
    }

    void unfold(RowChange change) {
        fold(change.reversed());
        changes -= 2;
    }

    private void count(Row row, int sign) {
        Predictor.logits(objective, theta, row.x(), logits);
        loss.residual(logits, row.y(), residual);
        double norm = row.norm();
        double signed = sign * row.weight();
        rows += sign;
        if (classRows != null && row.weight() > 0) {
            classRows[Sums.classOf(objective, row)] += sign;
        }
        weight += signed;
        lossSum += signed * loss.value(logits, row.y());
        // Grows both ways: what was added and taken away again has left its rounding error behind.
        gradientScale += row.weight() * norm * loss.magnitude(logits, row.y(), residual);
        maxNorm = Math.max(maxNorm, norm);
        int columns = objective.columns();
        for (int k = 0; k < residual.length; k++) {
            double rowFactor = signed * residual[k];
            for (int j = 0; j < columns; j++) {
                gradient[k * columns + j] += rowFactor * row.x()[j];
            }
        }
    }

    /**
     * Why J has no minimiser: with a class that no row is left of, an unpenalised intercept lowers J for ever. (A b may
     * hold it, or not; then settling tells.)
     */
    Optional<Verdict> objection() {
        boolean held = objective.intercept() != Intercept.FREE || perturbation != null || classRows == null;
        double all = held ? 0 : Arrays.stream(classRows).sum();
        for (int k = 0; all > 0 && k < classRows.length; k++) {
            if (classRows[k] == 0) {
                return Optional.of(new Verdict.Refit(
                        "NO_MINIMUM",
                        "no row of class " + k
                                + " (counted from 0) is left, and the intercept is not penalised: it would"
                                + " go to infinity; add rows of that class, or use intercept: penalised or none"));
            }
        }
        return Optional.empty();
    }

    /** θ₀. Not to be modified. */
    double[] theta() {
        return theta;
    }

    /** G. Not to be modified. */
    double[] gradient() {
        return gradient;
    }

    long rows() {
        return rows;
    }

    long changes() {
        return changes;
    }

    double weight() {
        return weight;
    }

    double maxNorm() {
        return maxNorm;
    }

    double gradientScale() {
        return gradientScale;
    }

    double objectiveValue() {
        double linear = perturbation == null ? 0 : Vectors.dot(perturbation, theta);
        return lossSum + objective.l2() / 2 * penaltyForm(theta) + linear;
    }

    /** √(form / Σ w), 0 over no rows. */
    double rootMeanSquare(double form) {
        return weight > 0 ? Math.sqrt(form / weight) : 0;
    }

    /** Σ rⱼvⱼ². */
    double penaltyForm(double[] v) {
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += objective.penalised(i % objective.columns()) ? v[i] * v[i] : 0;
        }
        return sum;
    }

    /** A bound on λ_max(H). */
    private double largestCurvature() {
        return loss.curvatureBound() * maxNorm * maxNorm * Math.max(0, weight) + objective.l2();
    }

    /** What rounding alone can make of ‖∇J(θ₀)‖. */
    double roundingSlack() {
        double b = perturbation == null ? 0 : Vectors.norm(perturbation);
        return Rounding.UNIT * (gradientScale + b + largestCurvature() * Vectors.norm(theta));
    }

    /**
     * Rounding of a step v = −P·G: of ∇J at its end, and of P·G, which is relative to the condition of H.
     *
     * @param smallestCurvature λ_min(H)
     * @param updates rows P was up- or down-dated with; their errors add up like a random walk
     */
    double stepSlack(double[] v, double smallestCurvature, long updates) {
        double condition = largestCurvature() / smallestCurvature * Math.sqrt(1.0 + updates);
        return roundingSlack()
                + Rounding.UNIT * (largestCurvature() * Vectors.norm(v) + condition * Vectors.norm(gradient));
    }

    private static double[] copy(double[] values) {
        return values == null ? null : values.clone();
    }
}
