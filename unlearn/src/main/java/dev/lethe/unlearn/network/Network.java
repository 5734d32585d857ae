package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.SoftmaxLoss;
import dev.lethe.unlearn.objective.Vectors;
import java.util.List;
import java.util.function.Consumer;

/**
 * A network with its parameters θ. Immutable; may be used by several threads.
 *
 * <p>Rows: {@code x} in C order of the input's shape, without a constant; {@code y} the class index or one value per
 * output; {@code weight} as everywhere.
 */
public final class Network {

    /** A block's activations take this many numbers at most. */
    private static final int BLOCK_VALUES = 1 << 23;

    private static final int BLOCK_ROWS = 1024;

    private final Architecture architecture;
    private final NetworkLoss loss;
    private final double[] theta;
    private final int outputs;
    private final int blockRows;

    /**
     * @param theta all parameters in the order of {@link Architecture#slots()}. Not modified, copied.
     * @throws NetworkException if a parameter is not finite, naming its layer
     */
    public Network(Architecture architecture, NetworkLoss loss, double[] theta) {
        NetworkWeights.requireLength(architecture, theta);
        this.architecture = architecture;
        this.loss = loss;
        this.theta = theta.clone();
        this.outputs = architecture.outputs();
        this.blockRows = blockRows(architecture);
        requireFinite("parameters", theta);
    }

    private static int blockRows(Architecture architecture) {
        long values = architecture.shapes().stream()
                .mapToLong(shape -> {
                    long product = 1;
                    for (int side : shape) {
                        product *= side;
                    }
                    return product;
                })
                .sum();
        return (int) Math.max(1, Math.min(BLOCK_ROWS, BLOCK_VALUES / values));
    }

    public Architecture architecture() {
        return architecture;
    }

    public NetworkLoss loss() {
        return loss;
    }

    /** A copy. */
    public double[] theta() {
        return theta.clone();
    }

    /** The same network elsewhere. @param other Not modified. */
    public Network at(double[] other) {
        return new Network(architecture, loss, other);
    }

    /** count × outputs, row by row. */
    public double[] logits(List<Row> rows) {
        double[] all = new double[rows.size() * outputs];
        int[] at = {0};
        forBlocks(rows, block -> {
            try (ForwardRun run = run(block, ForwardRun.Keep.NOTHING)) {
                double[] some = run.logits();
                System.arraycopy(some, 0, all, at[0], some.length);
                at[0] += some.length;
            }
        });
        return all;
    }

    /** ℓ of each row, without its weight. */
    public double[] losses(List<Row> rows) {
        return losses(rows, logits(rows));
    }

    /** @param logits of the rows. Not modified. */
    double[] losses(List<Row> rows, double[] logits) {
        double[] z = new double[outputs];
        double[] losses = new double[rows.size()];
        for (int i = 0; i < losses.length; i++) {
            System.arraycopy(logits, i * outputs, z, 0, outputs);
            losses[i] = loss.value(z, loss.target(rows.get(i), outputs));
        }
        return losses;
    }

    /** Σ w ℓ. */
    public double loss(List<Row> rows) {
        double[] losses = losses(rows);
        double sum = 0;
        for (int i = 0; i < losses.length; i++) {
            sum += rows.get(i).weight() * losses[i];
        }
        return sum;
    }

    /** The part of the rows whose largest output is that of their class. */
    public double accuracy(List<Row> rows) {
        return accuracy(rows, logits(rows));
    }

    /** @param logits of the rows. Not modified. */
    double accuracy(List<Row> rows, double[] logits) {
        int right = 0;
        for (int i = 0; i < rows.size(); i++) {
            int best = 0;
            for (int k = 1; k < outputs; k++) {
                best = logits[i * outputs + k] > logits[i * outputs + best] ? k : best;
            }
            right += best == (int) rows.get(i).y()[0] ? 1 : 0;
        }
        return rows.isEmpty() ? Double.NaN : (double) right / rows.size();
    }

    /** w·tr ∇²ℓ(z) of each row, the loss's curvature in the outputs: 1 − Σp² for cross-entropy. */
    double[] curvatures(List<Row> rows) {
        double[] logits = logits(rows);
        double[] out = new double[rows.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = rows.get(i).weight()
                    * (loss == NetworkLoss.CROSS_ENTROPY ? spread(probabilities(logits, i)) : outputs);
        }
        return out;
    }

    private static double spread(double[] p) {
        double sum = 0;
        for (double one : p) {
            sum += one * (1 - one);
        }
        return sum;
    }

    /** ‖softmax(z) − y‖ of each row, y as a unit vector (EL2N; Paul et al. 2021); squared error: ‖z − y‖. */
    public double[] errorNorms(List<Row> rows) {
        double[] residuals = loss.residuals(rows, logits(rows), false);
        double[] one = new double[outputs];
        double[] norms = new double[rows.size()];
        for (int i = 0; i < norms.length; i++) {
            System.arraycopy(residuals, i * outputs, one, 0, outputs);
            norms[i] = Vectors.norm(one);
        }
        return norms;
    }

    /**
     * Σ w ∇ℓ, in the order of θ.
     *
     * @throws NetworkException if it is not finite, naming the layer
     */
    public double[] gradient(List<Row> rows) {
        return gradient(rows, (from, block, z) -> loss.residuals(block, z, true));
    }

    /** What the outputs z of a block are weighed with in a gradient. */
    interface Cotangents {
        /** @param from position of the block's first row among all */
        double[] of(int from, List<Row> block, double[] z);
    }

    /** Σ Jᵀu over the rows. */
    double[] gradient(List<Row> rows, Cotangents cotangents) {
        double[] sum = new double[theta.length];
        double[] some = new double[theta.length];
        int[] from = {0};
        forBlocks(rows, block -> {
            try (ForwardRun run = run(block, ForwardRun.Keep.PARAMETER_GRADIENTS)) {
                run.backward(cotangents.of(from[0], block, run.logits()));
                run.parameterGradient(some);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += some[i];
                }
            }
            from[0] += block.size();
        });
        requireFinite("gradients", sum);
        return sum;
    }

    ForwardRun run(List<Row> rows, ForwardRun.Keep keep) {
        return ForwardRun.of(architecture, theta, rows, keep);
    }

    void forBlocks(List<Row> rows, Consumer<List<Row>> work) {
        for (int from = 0; from < rows.size(); from += blockRows) {
            work.accept(rows.subList(from, Math.min(rows.size(), from + blockRows)));
        }
    }

    /** Refuses a vector of θ's length that holds NaN or infinity, naming the first layer where. */
    void requireFinite(String what, double[] vector) {
        requireFinite(architecture, what, vector);
    }

    static void requireFinite(Architecture architecture, String what, double[] vector) {
        for (Architecture.Slot slot : architecture.slots()) {
            for (int i = slot.offset(); i < slot.offset() + slot.length(); i++) {
                if (!Double.isFinite(vector[i])) {
                    throw new NetworkException(architecture.layerName(slot.layer()) + ", tensor '" + slot.name()
                            + "': expected finite " + what + ", got " + vector[i]
                            + "; check the scale of the features, or take a smaller learning rate");
                }
            }
        }
    }

    /** softmax of one row's logits. */
    double[] probabilities(double[] logits, int row) {
        double[] z = new double[outputs];
        System.arraycopy(logits, row * outputs, z, 0, outputs);
        SoftmaxLoss.probabilities(z, z);
        return z;
    }
}
