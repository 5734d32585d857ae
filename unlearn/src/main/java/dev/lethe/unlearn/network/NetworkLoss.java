package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import java.util.List;
import java.util.random.RandomGenerator;

/** The loss of one sample as a function of the network's output z. */
public enum NetworkLoss {
    /** −log softmax(z)_y; y is the class index. */
    CROSS_ENTROPY(Family.SOFTMAX),
    /** ½‖z − y‖²; y has one value per output. */
    SQUARED_ERROR(Family.RIDGE);

    private final Loss loss;

    NetworkLoss(Family family) {
        this.loss = Loss.of(family);
    }

    /** ℓ(z, y). */
    double value(double[] z, double[] y) {
        return loss.value(z, y);
    }

    /** ∂ℓ/∂z. @param out as long as z. Modified. */
    void residual(double[] z, double[] y, double[] out) {
        loss.residual(z, y, out);
    }

    /**
     * ∂ℓ/∂z of each row, row by row.
     *
     * @param logits rows × outputs. Not modified.
     * @param weighted whether times the row's weight
     */
    double[] residuals(List<Row> rows, double[] logits, boolean weighted) {
        int outputs = logits.length / Math.max(1, rows.size());
        double[] z = new double[outputs];
        double[] residual = new double[outputs];
        double[] all = new double[logits.length];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(logits, i * outputs, z, 0, outputs);
            residual(z, target(rows.get(i), outputs), residual);
            double weight = weighted ? rows.get(i).weight() : 1;
            for (int k = 0; k < outputs; k++) {
                all[i * outputs + k] = weight * residual[k];
            }
        }
        return all;
    }

    /** √w·{@link #sampledResidual} of each row, row by row. @param logits rows × outputs. Not modified. */
    double[] sampledResiduals(List<Row> rows, double[] logits, RandomGenerator random) {
        int outputs = logits.length / Math.max(1, rows.size());
        double[] z = new double[outputs];
        double[] residual = new double[outputs];
        double[] all = new double[logits.length];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(logits, i * outputs, z, 0, outputs);
            sampledResidual(z, random, residual);
            double root = Math.sqrt(rows.get(i).weight());
            for (int k = 0; k < outputs; k++) {
                all[i * outputs + k] = root * residual[k];
            }
        }
        return all;
    }

    /** The row's y, if the network can be held against it. */
    double[] target(Row row, int outputs) {
        double[] y = row.y();
        if (this == SQUARED_ERROR ? y.length == outputs : y[0] >= 0 && y[0] < outputs) {
            return y;
        }
        throw new NetworkException("network: expected labels for " + outputs + " outputs, got "
                + (this == SQUARED_ERROR ? y.length + " targets" : "a class index beyond them"));
    }

    /** u ← ∇²ℓ(z)·u. @param z Not modified. @param u Modified. */
    void bend(double[] z, double[] u) {
        if (this == SQUARED_ERROR) {
            return;
        }
        double[] p = new double[z.length];
        SoftmaxLoss.probabilities(z, p);
        double mean = 0;
        for (int k = 0; k < p.length; k++) {
            mean += p[k] * u[k];
        }
        // (diag(p) − ppᵀ)u = p∘(u − pᵀu)
        for (int k = 0; k < p.length; k++) {
            u[k] = p[k] * (u[k] - mean);
        }
    }

    /**
     * ∂ℓ/∂z for a label drawn from the model at z: its second moment is ∇²ℓ(z) (Martens 2020, section 9.2).
     *
     * @param out as long as z. Modified.
     */
    void sampledResidual(double[] z, RandomGenerator random, double[] out) {
        if (this == SQUARED_ERROR) {
            for (int k = 0; k < out.length; k++) {
                out[k] = random.nextGaussian();
            }
            return;
        }
        SoftmaxLoss.probabilities(z, out);
        double left = random.nextDouble();
        int drawn = 0;
        while (drawn < out.length - 1 && left >= out[drawn]) {
            left -= out[drawn];
            drawn++;
        }
        loss.residual(z, new double[] {drawn}, out);
    }

    /** Divergence of the output z from an earlier one: KL(p_before ‖ p_z), or ½‖z − before‖². */
    double divergence(double[] before, double[] z) {
        if (this == SQUARED_ERROR) {
            return loss.value(z, before);
        }
        double[] p = new double[z.length];
        SoftmaxLoss.probabilities(before, p);
        double sum = 0;
        for (int k = 0; k < p.length; k++) {
            double[] y = {k};
            sum += p[k] == 0 ? 0 : p[k] * (loss.value(z, y) - loss.value(before, y));
        }
        return sum;
    }

    /** Gradient of {@link #divergence} in z. @param out as long as z. Modified. */
    void divergenceGradient(double[] before, double[] z, double[] out) {
        if (this == SQUARED_ERROR) {
            loss.residual(z, before, out);
            return;
        }
        double[] p = new double[z.length];
        SoftmaxLoss.probabilities(before, p);
        SoftmaxLoss.probabilities(z, out);
        for (int k = 0; k < p.length; k++) {
            out[k] -= p[k];
        }
    }
}
