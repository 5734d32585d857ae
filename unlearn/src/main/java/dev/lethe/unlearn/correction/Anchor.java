package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.curvature.FactorUpdate;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * θ₀ with G = ∇J(θ₀) over today's rows D′, and, when it owns one, a factor P = H_{D′}(θ_P)⁻¹. Both stay true under every
 * change folded in, so θ = θ₀ − P·G depends on the anchor and the <em>set</em> of changes, not on their order.
 *
 * <p>Every change goes through {@link #foldGradient} and {@link #foldFactor} once each. Not thread-safe. Closing frees the
 * factor.
 */
public final class Anchor implements AutoCloseable {

    private final Objective objective;
    private final Loss loss;
    private final double[] theta;
    private final double[] perturbation;
    private final double[] gradient;
    private final Guard guard;
    private final double[] logits;
    private final double[] residual;
    private double[] thetaFactor;
    private Factor factor;
    private double lossSum;
    private double gradientScale;
    private long rows;
    private double weight;
    private double maxNorm;
    private long changes;

    /**
     * Everything durable; P and K are rebuilt by a curvature pass at θ_P.
     *
     * @param theta θ₀, K·d
     * @param thetaFactor θ_P, or null without a factor
     * @param gradient G, with penalty and b
     * @param perturbation b, or null
     * @param loss Σ w ℓ at θ₀, without penalty and b
     * @param gradientScale as in {@link Sums}; grows with every change
     * @param rows n
     * @param weight Σ w
     * @param maxNorm R, which only a pass makes smaller
     * @param changes changes folded into G
     */
    public record State(
            double[] theta,
            double[] thetaFactor,
            double[] gradient,
            double[] perturbation,
            double loss,
            double gradientScale,
            long rows,
            double weight,
            double maxNorm,
            long changes) {}

    private Anchor(Objective objective, State state) {
        requireLength(objective, "theta", state.theta);
        requireLength(objective, "gradient", state.gradient);
        requireLength(objective, "perturbation", state.perturbation);
        requireLength(objective, "thetaFactor", state.thetaFactor);
        this.objective = objective;
        this.loss = Loss.of(objective.family());
        this.guard = new Guard(objective.family());
        this.theta = state.theta.clone();
        this.thetaFactor = copy(state.thetaFactor);
        this.gradient = state.gradient.clone();
        this.perturbation = copy(state.perturbation);
        this.lossSum = state.loss;
        this.gradientScale = state.gradientScale;
        this.rows = state.rows;
        this.weight = state.weight;
        this.maxNorm = state.maxNorm;
        this.changes = state.changes;
        this.logits = new double[objective.outputs()];
        this.residual = new double[objective.outputs()];
    }

    /**
     * A new anchor, without a factor.
     *
     * @param theta where the sums were taken, K·d. Not modified.
     * @param perturbationOrNull b, K·d. Not modified.
     * @param sums of a pass at theta over all retained rows. Not modified.
     * @throws IllegalArgumentException if a length does not fit the objective
     */
    public static Anchor at(Objective objective, double[] theta, double[] perturbationOrNull, Sums sums) {
        requireLength(objective, "theta", theta);
        requireLength(objective, "perturbation", perturbationOrNull);
        double[] b = copy(perturbationOrNull);
        double[] gradient = sums.gradient().clone();
        requireLength(objective, "gradient", gradient);
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] += objective.penalised(i % objective.columns()) ? objective.l2() * theta[i] : 0;
        }
        if (b != null) {
            // A b along the flat direction would leave J without a minimum.
            Gauge.project(objective, b);
            gradient = Vectors.plus(gradient, 1, b);
        }
        Gauge.project(objective, gradient);
        return new Anchor(
                objective,
                new State(
                        theta,
                        null,
                        gradient,
                        b,
                        sums.loss(),
                        sums.gradientScale(),
                        sums.rows(),
                        sums.weight(),
                        sums.maxNorm(),
                        0));
    }

    /**
     * The anchor that {@link #state()} was taken of, without its factor.
     *
     * @param state Not modified.
     */
    public static Anchor restore(Objective objective, State state) {
        return new Anchor(objective, state);
    }

    /** Copies. */
    public State state() {
        return new State(
                theta.clone(),
                copy(thetaFactor),
                gradient.clone(),
                copy(perturbation),
                lossSum,
                gradientScale,
                rows,
                weight,
                maxNorm,
                changes);
    }

    public Objective objective() {
        return objective;
    }

    /** θ₀, a copy. */
    public double[] theta() {
        return theta.clone();
    }

    /** n of today. */
    public long rows() {
        return rows;
    }

    /** Changes folded in since the pass that made this anchor. */
    public long changes() {
        return changes;
    }

    /** J(θ₀) over today's rows, with penalty and bᵀθ₀. */
    public double objectiveValue() {
        double linear = perturbation == null ? 0 : Vectors.dot(perturbation, theta);
        return lossSum + objective.l2() / 2 * penaltyForm(theta) + linear;
    }

    /** ‖G‖ = ‖∇J(θ₀)‖ over today's rows. */
    public double gradientNorm() {
        return Vectors.norm(gradient);
    }

    public boolean hasFactor() {
        return factor != null;
    }

    /** λ_min of the factor's curvature, an estimate from above; NaN without a factor. */
    public double smallestCurvature() {
        return factor == null ? Double.NaN : factor.smallestCurvature();
    }

    /**
     * Folds changes into G and the counts, gradients at θ₀.
     *
     * @param batch Not modified.
     */
    public void foldGradient(List<RowChange> batch) {
        for (RowChange change : batch) {
            if (change.before() != null) {
                count(change.before(), -1);
            }
            if (change.after() != null) {
                count(change.after(), 1);
            }
            changes++;
        }
        Gauge.project(objective, gradient);
    }

    private void count(Row row, int sign) {
        Predictor.logits(objective, theta, row.x(), logits);
        loss.residual(logits, row.y(), residual);
        double norm = Vectors.norm(row.x());
        double signed = sign * row.weight();
        rows += sign;
        weight += signed;
        lossSum += signed * loss.value(logits, row.y());
        // Grows both ways: what was added and taken away again has left its rounding error behind.
        gradientScale += row.weight() * norm * loss.magnitude(logits, row.y(), residual);
        maxNorm = Math.max(maxNorm, norm);
        int columns = objective.columns();
        for (int k = 0; k < residual.length; k++) {
            double factorOfRow = signed * residual[k];
            for (int j = 0; j < columns; j++) {
                gradient[k * columns + j] += factorOfRow * row.x()[j];
            }
        }
    }

    /**
     * Folds changes into P and K, curvature weights at θ_P, additions before removals. A relabel with the same x and
     * weight touches neither, as the curvature of a canonical link does not depend on y. Without a factor nothing
     * happens. If a removal cannot be followed, the factor is dropped and {@link #objection()} says so.
     *
     * @param batch Not modified.
     */
    public void foldFactor(List<RowChange> batch) {
        if (factor == null) {
            return;
        }
        List<Row> additions = new ArrayList<>();
        List<Row> removals = new ArrayList<>();
        for (RowChange change : batch) {
            if (!sameCurvature(change)) {
                if (change.after() != null) {
                    additions.add(change.after());
                }
                if (change.before() != null) {
                    removals.add(change.before());
                }
            }
        }
        FactorUpdate met = factor.update(additions, removals, thetaFactor);
        guard.note(met);
        if (!met.definite()) {
            releaseFactor();
        }
    }

    private static boolean sameCurvature(RowChange change) {
        return change.before() != null
                && change.after() != null
                && change.before().weight() == change.after().weight()
                && Arrays.equals(change.before().x(), change.after().x());
    }

    /**
     * Takes over a factor built over today's rows; the old one is closed, and what its changes were remembered for is
     * forgotten.
     *
     * @param fresh owned from now on
     * @param thetaOfFactor θ_P, where its curvature was taken. Not modified.
     */
    public void install(DenseFactor fresh, double[] thetaOfFactor) {
        requireLength(objective, "thetaFactor", thetaOfFactor);
        adopt(fresh, thetaOfFactor.clone());
    }

    /**
     * Moves another anchor's factor here, θ_P with it: both must stand over the same rows. The other one is left without.
     *
     * @throws IllegalStateException if the other anchor has no factor
     */
    public void takeFactor(Anchor from) {
        from.requireFactor();
        if (from != this) {
            Factor taken = from.factor;
            double[] where = from.thetaFactor;
            from.factor = null;
            from.thetaFactor = null;
            adopt(taken, where);
        }
    }

    private void adopt(Factor taken, double[] where) {
        releaseFactor();
        guard.reset();
        factor = taken;
        thetaFactor = where;
    }

    /** Closes the factor, if there is one. */
    public void dropFactor() {
        releaseFactor();
        guard.reset();
    }

    private void releaseFactor() {
        if (factor != null) {
            factor.close();
        }
        factor = null;
        thetaFactor = null;
    }

    /** Why a correction from here must not be published, as far as it is known before the step; also says why a factor was lost. */
    public Optional<Verdict> objection() {
        return guard.objection();
    }

    /**
     * θ = θ₀ − P·G with its certificate and verdict. Changes nothing.
     *
     * @throws IllegalStateException without a factor
     */
    public Correction correct() {
        requireFactor();
        double[] target = newtonPoint(this, 1);
        double[] v = Vectors.minus(target, theta);
        if (!Vectors.finite(v)) {
            return new Correction(
                    target,
                    Double.NaN,
                    Double.NaN,
                    new Verdict.Refit(
                            "NOT_FINITE",
                            "the step from the anchor is not finite; the anchor or its factor is damaged"));
        }
        double bend = -Vectors.dot(v, gradient) - objective.l2() * penaltyForm(v);
        // Ridge: vᵀKv is vᵀ(H − Λr)v itself, and no K is kept.
        double gramForm = objective.family() == Family.RIDGE ? Math.max(0, bend) : factor.gramForm(v);
        double shift = weight > 0 ? Math.sqrt(gramForm / weight) : 0;
        double bound = ResidualBound.of(objective, maxNorm, v, gramForm, staleForm(), bend) + stepSlack(v);
        return new Correction(target, bound, shift, guard.verdict(shift));
    }

    private double staleForm() {
        boolean stale = objective.family() != Family.RIDGE && !Arrays.equals(theta, thetaFactor);
        return stale ? factor.gramForm(Vectors.minus(theta, thetaFactor)) : 0;
    }

    /** Rounding of the step: of ∇J there, and of P·G, which is relative to the condition of H. */
    private double stepSlack(double[] v) {
        double largest = largestCurvature();
        double smallest = objective.stronglyConvex() ? objective.l2() : factor.smallestCurvature();
        return roundingSlack() + Rounding.UNIT * (largest * Vectors.norm(v) + largest / smallest * gradientNorm());
    }

    /** A bound on λ_max(H). */
    private double largestCurvature() {
        return loss.curvatureBound() * maxNorm * maxNorm * Math.max(0, weight) + objective.l2();
    }

    /** What rounding alone can make of ‖∇J(θ₀)‖: below this it says nothing. */
    public double roundingSlack() {
        double b = perturbation == null ? 0 : Vectors.norm(perturbation);
        return Rounding.UNIT * (gradientScale + b + largestCurvature() * Vectors.norm(theta));
    }

    /** Σ w‖x‖·m, as in {@link Sums}. */
    double gradientScale() {
        return gradientScale;
    }

    /** θ₀ − fraction·P·G with another anchor's P. */
    double[] newtonPoint(Anchor owner, double fraction) {
        double[] step = new double[gradient.length];
        owner.factor.multiply(gradient, step);
        return Vectors.plus(theta, -fraction, step);
    }

    private double penaltyForm(double[] v) {
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += objective.penalised(i % objective.columns()) ? v[i] * v[i] : 0;
        }
        return sum;
    }

    private void requireFactor() {
        if (factor == null) {
            throw new IllegalStateException("anchor: no factor here; run a curvature pass and install one first");
        }
    }

    private static void requireLength(Objective objective, String name, double[] values) {
        if (values != null && values.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "anchor: " + name + ": expected " + objective.parameters() + " values, got " + values.length);
        }
    }

    private static double[] copy(double[] values) {
        return values == null ? null : values.clone();
    }

    @Override
    public void close() {
        dropFactor();
    }
}
