package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;

/**
 * What a patch minimises in Δ (the proximal Bregman objective of Bae et al. 2022, for a set of changes): stay with the old
 * outputs on the sample, lose what was removed, gain what was added:
 *
 * <p>Q(Δ) = Σ_sample w·D(z(θ₀) ‖ z(θ₀ + Δ)) + Σ_after wℓ − Σ_before wℓ + (nλ/2)‖Δ‖²
 *
 * <p>with n the size of the training set, which the sample's weights stand for. Its minimiser is what influence functions of a network
 * estimate; there is no convexity, and no bound to a retrained network.
 */
final class ProximalObjective {

    private final Network start;
    private final double[] origin;
    private final List<Row> sample;
    private final double[] before;
    private final List<Row> changed;
    private final double pull;

    /**
     * @param sample rows that stay, with weights that stand for all of them. Not modified.
     * @param before the start's outputs on them. Not modified, not copied.
     * @param pull nλ
     */
    ProximalObjective(Network start, List<Row> sample, double[] before, List<RowChange> changes, double pull) {
        this.start = start;
        this.origin = start.theta();
        this.sample = sample;
        this.before = before;
        this.changed = signed(changes);
        this.pull = pull;
    }

    /** Removed rows with their weight turned around. */
    private static List<Row> signed(List<RowChange> changes) {
        List<Row> rows = new ArrayList<>();
        for (RowChange change : changes) {
            if (change.after() != null) {
                rows.add(change.after());
            }
            if (change.before() != null) {
                Row row = change.before();
                rows.add(new Row(row.x(), row.y(), -row.weight()));
            }
        }
        return rows;
    }

    /** {@link #value} where it begins: nothing has moved away from the old outputs. */
    double startValue() {
        return start.loss(changed);
    }

    /** {@link #gradient} where it begins: the divergence is at its minimum. */
    double[] startGradient() {
        return start.gradient(changed);
    }

    /** @param z the outputs on the sample there. Not modified. */
    double value(Network at, double[] z) {
        double sum = 0;
        int outputs = at.architecture().outputs();
        for (int i = 0; i < sample.size(); i++) {
            double[] old = slice(before, i, outputs);
            sum += sample.get(i).weight() * at.loss().divergence(old, slice(z, i, outputs));
        }
        double[] moved = Vectors.minus(at.theta(), origin);
        return sum + at.loss(changed) + pull / 2 * Vectors.dot(moved, moved);
    }

    /** @param curvature there, over the sample; borrowed */
    double[] gradient(Network at, GaussNewton curvature) {
        double[] sum = at.gradient(changed);
        double[] theta = at.theta();
        double[] kept = curvature.gradient(this::divergenceGradients);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += kept[i] + pull * (theta[i] - origin[i]);
        }
        return sum;
    }

    /** @param from position of the block among the sample */
    private double[] divergenceGradients(int from, List<Row> block, double[] z) {
        int outputs = z.length / block.size();
        double[] all = new double[z.length];
        double[] one = new double[outputs];
        for (int i = 0; i < block.size(); i++) {
            start.loss().divergenceGradient(slice(before, from + i, outputs), slice(z, i, outputs), one);
            for (int k = 0; k < outputs; k++) {
                all[i * outputs + k] = block.get(i).weight() * one[k];
            }
        }
        return all;
    }

    private static double[] slice(double[] values, int row, int outputs) {
        double[] out = new double[outputs];
        System.arraycopy(values, row * outputs, out, 0, outputs);
        return out;
    }
}
