package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.InverseCurvature;
import dev.lethe.unlearn.network.KroneckerFactor;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.RowGradients;
import dev.lethe.unlearn.network.TrainingListener;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.List;

/**
 * Scores of a network's rows. As a listener of the training it adds up EL2N over the epochs, which finds wrong labels better
 * than the trained network does: that has learned some of them by heart. Not thread-safe.
 */
public final class NetworkScores implements TrainingListener {

    private final List<Row> rows;
    private final double[] sums;
    private int epochs;

    /** @param rows to be scored. Not copied, not modified. */
    public NetworkScores(List<Row> rows) {
        this.rows = rows;
        this.sums = new double[rows.size()];
    }

    @Override
    public void epoch(int epoch, Network network) {
        double[] norms = network.errorNorms(rows);
        for (int i = 0; i < sums.length; i++) {
            sums[i] += norms[i];
        }
        epochs++;
    }

    /**
     * Mean over the epochs so far of ‖p − onehot(y)‖ (Paul et al. 2021); n.
     *
     * @throws IllegalStateException before the first epoch
     */
    public double[] el2nOverEpochs() {
        if (epochs == 0) {
            throw new IllegalStateException("EL2N over epochs: no epoch was listened to");
        }
        return Arrays.stream(sums).map(sum -> sum / epochs).toArray();
    }

    /**
     * One score of the trained network; n. Self-influence by EK-FAC (George et al. 2018, Grosse et al. 2023).
     *
     * @param seed of the labels that the factor's gradients are drawn with
     * @throws IllegalArgumentException for a score that networks do not have
     */
    public double[] of(Network network, Score score, Damping damping, long seed) {
        return switch (score) {
            case LOSS -> network.losses(rows);
            case EL2N -> network.errorNorms(rows);
            case GRAND -> RowGradients.norms(network, rows);
            case SELF_INFLUENCE -> {
                try (KroneckerFactor factor = KroneckerFactor.ekfac(network, rows, seed, damping)) {
                    yield factor.selfInfluence(rows);
                }
            }
            case MARGIN, LEVERAGE, LOO_LOSS ->
                throw new IllegalArgumentException(
                        "score " + score.id() + ": a network has loss, el2n, grand and self-influence");
        };
    }

    /**
     * The change of each test row's loss if a training row is removed, to first order. Positive: the row helps.
     *
     * @param test at least one row. Not modified.
     * @param inverse over the same rows; borrowed
     * @return n × tests, row by row
     */
    public double[] influences(Network network, List<Row> test, InverseCurvature inverse) {
        double[] out = new double[Math.multiplyExact(rows.size(), test.size())];
        double[] solved = new double[inverse.size()];
        for (int t = 0; t < test.size(); t++) {
            inverse.multiply(network.gradient(List.of(test.get(t))), solved);
            double[] dots = RowGradients.dots(network, rows, solved);
            for (int i = 0; i < dots.length; i++) {
                out[i * test.size() + t] = rows.get(i).weight() * dots[i];
            }
        }
        return out;
    }
}
