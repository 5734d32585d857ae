package dev.lethe.unlearn.correction;

import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Factor;
import dev.lethe.unlearn.curvature.FactorUpdate;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An anchor's factor, if it owns one, where it was built, and what its changes gave cause to remember; or, in a model too
 * large for one, its preconditioner.
 */
final class HeldFactor {

    /** Rows between two looks at the drift: one product of P for as many updates of it. */
    private static final int DRIFT_INTERVAL = 256;

    private final Objective objective;
    private final Guard guard;
    private final StaleForm staleForm;
    private Factor factor;
    private Preconditioner preconditioner;
    private double[] theta;
    private double smallestCurvature;
    private long updates;
    private long lookedAt;

    /** @param theta θ_P of the factor to come, or null. Not modified. */
    HeldFactor(Objective objective, double[] theta) {
        this.objective = objective;
        this.guard = new Guard(objective.family());
        this.staleForm = new StaleForm(objective);
        this.theta = theta == null ? null : theta.clone();
    }

    boolean present() {
        return factor != null;
    }

    /** @throws IllegalStateException without a factor */
    Factor require() {
        if (factor == null) {
            throw new IllegalStateException("anchor: no factor here; run a curvature pass and install one first");
        }
        return factor;
    }

    /** θ_P or null. Not to be modified. */
    double[] theta() {
        return theta;
    }

    /** λ_min(H): Λ where that is proven, else as estimated when the factor came here. Enough to scale rounding with. */
    double smallestCurvature() {
        return smallestCurvature;
    }

    /** Rows taken in and out since the factor was built; each leaves its rounding in P. */
    long updates() {
        return updates;
    }

    Guard guard() {
        return guard;
    }

    /**
     * tr(δᵀKδ), δ = θ₀ − θ_P, of the factor here.
     *
     * @param anchor θ₀, always the same. Not modified.
     * @throws IllegalStateException without a factor
     */
    double staleForm(double[] anchor) {
        return staleForm.of(anchor, theta, require());
    }

    void fold(List<RowChange> batch) {
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
        FactorUpdate met = factor.update(additions, removals, theta);
        staleForm.fold(additions, removals);
        updates += additions.size() + removals.size();
        guard.note(met);
        if (!met.definite()) {
            release();
        } else if (updates - lookedAt >= DRIFT_INTERVAL) {
            lookAtDrift();
        }
    }

    /** @return ‖PH − I‖ relative, NaN without a factor */
    double lookAtDrift() {
        if (factor == null) {
            return Double.NaN;
        }
        lookedAt = updates;
        staleForm.forget();
        double drift = factor.drift();
        guard.drift(drift);
        return drift;
    }

    static boolean sameCurvature(RowChange change) {
        return change.before() != null
                && change.after() != null
                && change.before().weight() == change.after().weight()
                && Arrays.equals(change.before().x(), change.after().x());
    }

    void adopt(Factor taken, double[] where) {
        adopt(taken, where, objective.stronglyConvex() ? objective.l2() : taken.smallestCurvature());
    }

    private void adopt(Factor taken, double[] where, double smallest) {
        drop();
        factor = taken;
        theta = where;
        updates = 0;
        lookedAt = 0;
        guard.freshDrift(taken.drift());
        smallestCurvature = smallest;
    }

    void takeFrom(HeldFactor other) {
        Factor taken = other.require();
        if (other != this) {
            double[] where = other.theta;
            long before = other.updates;
            double fresh = other.guard.freshDrift();
            other.factor = null;
            other.theta = null;
            adopt(taken, where, other.smallestCurvature);
            updates = before;
            lookedAt = before;
            guard.drift(taken.drift());
            guard.freshDrift(fresh);
        }
    }

    /** Whether there is a factor with its K, or one that needs none. */
    boolean hasGram() {
        return factor instanceof DenseFactor dense && dense.hasGram();
    }

    /** Whether K has been updated with no more rows than there are: then it is as good as one that is summed anew. */
    boolean lendsGram(long rows) {
        return hasGram() && (objective.family() == Family.RIDGE || ((DenseFactor) factor).gramUpdates() <= rows);
    }

    /** Moves the other's K here, if this factor lacks one. */
    void takeGram(HeldFactor other) {
        if (factor instanceof DenseFactor here && !here.hasGram() && other.hasGram()) {
            here.takeGram((DenseFactor) other.factor);
            staleForm.forget();
        }
    }

    /** A copy of the factor, empty without one. */
    Optional<FactorSnapshot> snapshot() {
        return factor instanceof DenseFactor dense
                ? Optional.of(new FactorSnapshot(theta.clone(), updates, guard.freshDrift(), dense.state()))
                : Optional.empty();
    }

    /** Adopts a restored factor with its history. */
    void adopt(DenseFactor restored, FactorSnapshot from) {
        adopt(restored, from.theta().clone());
        updates = from.updates();
        lookedAt = updates;
        guard.drift(guard.freshDrift());
        guard.freshDrift(from.freshDrift());
    }

    /** Null if there is none. */
    Preconditioner preconditioner() {
        return preconditioner;
    }

    /** Closes the one before. */
    void adopt(Preconditioner taken) {
        if (preconditioner != null && preconditioner != taken) {
            preconditioner.close();
        }
        preconditioner = taken;
    }

    void takePreconditioner(HeldFactor other) {
        if (other != this) {
            adopt(other.preconditioner);
            other.preconditioner = null;
        }
    }

    /** Closes the factor and forgets its signals. */
    void drop() {
        release();
        guard.reset();
    }

    private void release() {
        if (factor != null) {
            factor.close();
        }
        factor = null;
        theta = null;
        staleForm.forget();
    }
}
