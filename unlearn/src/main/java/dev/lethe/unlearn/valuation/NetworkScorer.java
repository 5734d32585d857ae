package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.RowGradients;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.RowScorer.Scored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The scores of a network's rows that need no curvature. */
public final class NetworkScorer implements Scorer {

    private final Network network;

    public NetworkScorer(Network network) {
        this.network = network;
    }

    @Override
    public List<Scored> score(List<Row> rows) {
        double[] losses = network.losses(rows);
        double[] errors = network.errorNorms(rows);
        double[] gradients = RowGradients.norms(network, rows);
        double[] logits = network.logits(rows);
        int outputs = logits.length / rows.size();
        List<Scored> scored = new ArrayList<>(rows.size());
        for (int i = 0; i < rows.size(); i++) {
            double[] own = Arrays.copyOfRange(logits, i * outputs, (i + 1) * outputs);
            scored.add(scored(rows.get(i), own, losses[i], errors[i], gradients[i]));
        }
        return scored;
    }

    private Scored scored(Row row, double[] logits, double loss, double error, double gradient) {
        double none = Double.NaN;
        if (network.loss() == NetworkLoss.SQUARED_ERROR) {
            return new Scored(loss, error, gradient, error, none, none, none, -1);
        }
        int best = RowScores.bestOther(row, logits);
        return new Scored(loss, error, gradient, logits[best] - logits[(int) row.y()[0]], none, none, none, best);
    }

    @Override
    public void close() {}
}
