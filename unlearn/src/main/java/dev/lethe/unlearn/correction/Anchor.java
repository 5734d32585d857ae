package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
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
    private final RunningSums sums;
    private final HeldFactor held;

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
     * @param changes those in G that came since θ₀ was chosen
     * @param classRows as in {@link Sums}
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
            long changes,
            double[] classRows) {}

    private Anchor(Objective objective, State state) {
        requireLength(objective, "theta", state.theta);
        requireLength(objective, "gradient", state.gradient);
        requireLength(objective, "perturbation", state.perturbation);
        requireLength(objective, "thetaFactor", state.thetaFactor);
        this.objective = objective;
        this.sums = new RunningSums(objective, state);
        this.held = new HeldFactor(objective, state.thetaFactor);
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
        return at(objective, theta, perturbationOrNull, sums, 0);
    }

    /**
     * The same where the sums have changes that came after theta was chosen.
     *
     * @param changes how many
     */
    public static Anchor at(Objective objective, double[] theta, double[] perturbationOrNull, Sums sums, long changes) {
        requireLength(objective, "theta", theta);
        requireLength(objective, "perturbation", perturbationOrNull);
        requireLength(objective, "gradient", sums.gradient());
        return new Anchor(objective, RunningSums.start(objective, theta, perturbationOrNull, sums, changes));
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
        return sums.state(held.theta());
    }

    public Objective objective() {
        return objective;
    }

    /** θ₀, a copy. */
    public double[] theta() {
        return sums.theta().clone();
    }

    /** n of today. */
    public long rows() {
        return sums.rows();
    }

    /** Changes that came since θ₀ was chosen. */
    public long changes() {
        return sums.changes();
    }

    /** J(θ₀) over today's rows, with penalty and bᵀθ₀. */
    public double objectiveValue() {
        return sums.objectiveValue();
    }

    /** ‖G‖ = ‖∇J(θ₀)‖ over today's rows. */
    public double gradientNorm() {
        return Vectors.norm(sums.gradient());
    }

    /** What rounding alone can make of {@link #gradientNorm()}: below this it says nothing. */
    public double roundingSlack() {
        return sums.roundingSlack();
    }

    /** θ_P, a copy, or null. */
    public double[] thetaFactor() {
        return held.theta() == null ? null : held.theta().clone();
    }

    public boolean hasFactor() {
        return held.present();
    }

    /**
     * Whether a factor that is to take the place of this one's by a settling can go on with its K, or needs none. Not after
     * more changes than there are rows: rows that are gone have left their rounding in it.
     */
    public boolean lendsGram() {
        return held.lendsGram(sums.rows());
    }

    /** λ_min of the factor's curvature, an estimate from above; NaN without a factor. */
    public double smallestCurvature() {
        return held.present() ? held.require().smallestCurvature() : Double.NaN;
    }

    /**
     * ‖PH − I‖ of the factor relative to ‖I‖, measured now with one product of P; NaN without a factor. It is also
     * measured every few hundred rows folded in, and {@link #objection()} says DRIFT when it would show in a version.
     */
    public double measureDrift() {
        return held.lookAtDrift();
    }

    /**
     * Whether rounding in the factor has grown so far, by the last measurement, that a curvature pass at
     * {@code state().thetaFactor()} and {@link #install} should renew it, at leisure: corrections are still sound.
     */
    public boolean refreshDue() {
        return held.present() && held.guard().refreshDue();
    }

    /**
     * Folds changes into G and the counts, gradients at θ₀.
     *
     * @param batch Not modified.
     */
    public void foldGradient(List<RowChange> batch) {
        batch.forEach(sums::fold);
    }

    /**
     * Folds changes into P and K, curvature weights at θ_P, additions before removals. A relabel with the same x and
     * weight touches neither, as the curvature of a canonical link does not depend on y. Without a factor nothing
     * happens. If a removal cannot be followed, the factor is dropped and {@link #objection()} says so.
     *
     * @param batch Not modified.
     */
    public void foldFactor(List<RowChange> batch) {
        held.fold(batch);
    }

    /**
     * Takes changes back that are in G, P and K: afterwards this is the anchor without them. Removals cost what they cost
     * in {@link #foldFactor}.
     *
     * @param batch Not modified.
     */
    public void unfold(List<RowChange> batch) {
        batch.forEach(sums::unfold);
        held.fold(batch.stream().map(RowChange::reversed).toList());
    }

    /**
     * Takes over a factor built over today's rows; the old one is closed, and what its changes were remembered for is
     * forgotten.
     *
     * @param factor owned from now on
     * @param thetaFactor θ_P, where its curvature was taken. Not modified.
     */
    public void install(DenseFactor factor, double[] thetaFactor) {
        requireLength(objective, "thetaFactor", thetaFactor);
        held.adopt(factor, thetaFactor.clone());
    }

    /** A copy of the factor as it is now, in O(d²); empty without one. */
    public Optional<FactorSnapshot> snapshot() {
        return held.snapshot();
    }

    /**
     * Takes over a factor restored from a snapshot; the changes folded into G since it was taken are to be folded into it
     * next.
     *
     * @param factor owned from now on
     * @param from the snapshot it was restored from. Not modified.
     */
    public void install(DenseFactor factor, FactorSnapshot from) {
        requireLength(objective, "thetaFactor", from.theta());
        held.adopt(factor, from);
    }

    /**
     * Moves another anchor's factor here, θ_P with it: both must stand over the same rows. The other one is left without.
     *
     * @throws IllegalStateException if the other anchor has no factor
     */
    public void takeFactor(Anchor from) {
        held.takeFrom(from.held);
    }

    /** Moves another anchor's K here if this one's factor has none: both must stand over the same rows. */
    void takeGram(Anchor from) {
        held.takeGram(from.held);
    }

    /** Takes over a preconditioner, made at any θ over any rows; the old one is closed. @param made owned from now on */
    public void install(Preconditioner made) {
        held.adopt(made);
    }

    /** Moves another anchor's preconditioner here, if it has one. */
    void takePreconditioner(Anchor from) {
        held.takePreconditioner(from.held);
    }

    /** Null if there is none. */
    Preconditioner preconditioner() {
        return held.preconditioner();
    }

    /** Closes the factor, if there is one, and forgets its signals. */
    public void dropFactor() {
        held.drop();
    }

    /**
     * Why a correction from here must not be published, as far as that is known before the step; also why a factor was
     * lost.
     */
    public Optional<Verdict> objection() {
        return sums.objection().or(held.guard()::objection);
    }

    /**
     * θ = θ₀ − P·G with its certificate and verdict. Changes nothing.
     *
     * @throws IllegalStateException without a factor
     */
    public Correction correct() {
        return Steps.correct(this);
    }

    /**
     * A copy of this anchor as it would be without these changes, which it has; it has no factor.
     *
     * @param changes Not modified.
     */
    public Anchor without(List<RowChange> changes) {
        Anchor earlier = new Anchor(objective, sums.state(null));
        changes.forEach(earlier.sums::unfold);
        return earlier;
    }

    RunningSums sums() {
        return sums;
    }

    HeldFactor held() {
        return held;
    }

    /** θ₀ − fraction·P·G with another anchor's P. */
    double[] newtonPoint(Anchor owner, double fraction) {
        double[] step = new double[objective.parameters()];
        owner.held.require().multiply(sums.gradient(), step);
        return Vectors.plus(sums.theta(), -fraction, step);
    }

    private static void requireLength(Objective objective, String name, double[] values) {
        if (values != null && values.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "anchor: " + name + ": expected " + objective.parameters() + " values, got " + values.length);
        }
    }

    @Override
    public void close() {
        dropFactor();
        held.adopt((Preconditioner) null);
    }
}
