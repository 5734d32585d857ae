package dev.lethe.unlearn.valuation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The linear datamodelling score (Park et al. 2023): over models trained on random subsets, how well the sum of the members'
 * influences ranks each test row's loss. Spearman per test row, averaged.
 *
 * <p>Feed subset by subset; a positive influence helps, so more of it in the subset should mean less loss.
 */
public final class Datamodelling {

    private final double[] influences;
    private final int tests;
    private final List<double[]> predicted = new ArrayList<>();
    private final List<double[]> measured = new ArrayList<>();

    /** @param influences n × tests, row by row. Not modified. */
    public Datamodelling(double[] influences, int tests) {
        this.influences = influences.clone();
        this.tests = tests;
    }

    /** @param members of a subset @param losses of each test row by the model trained on it. Neither is modified. */
    public void add(boolean[] members, double[] losses) {
        double[] sums = new double[tests];
        for (int i = 0; i < members.length; i++) {
            for (int t = 0; members[i] && t < tests; t++) {
                sums[t] -= influences[i * tests + t];
            }
        }
        predicted.add(sums);
        measured.add(losses.clone());
    }

    /** The score so far; of at least three subsets. Test rows whose loss does not vary are left out. */
    public double score() {
        return Arrays.stream(perTest())
                .filter(rho -> !Double.isNaN(rho))
                .average()
                .orElse(Double.NaN);
    }

    /** Spearman's ρ of each test row; NaN if its loss does not vary. */
    public double[] perTest() {
        double[] out = new double[tests];
        Arrays.setAll(out, t -> Correlations.spearman(column(predicted, t), column(measured, t)));
        return out;
    }

    private static double[] column(List<double[]> rows, int at) {
        return rows.stream().mapToDouble(row -> row[at]).toArray();
    }
}
