package dev.lethe.unlearn.network;

import java.util.Arrays;

/** How well an attacker tells rows that a model has seen from rows that it has not. */
public final class MembershipInference {

    /** Below this a spread is rounding, not a distribution. */
    private static final double LEAST_SPREAD = 1e-3;

    private MembershipInference() {}

    /**
     * AUC of calling the row with the smaller loss the member (Yeom et al. 2018): the share of pairs in which the
     * suspect's loss is smaller, ties half.
     *
     * @return 0.5 if they cannot be told apart, NaN without rows on either side
     */
    public static double lossThresholdAuc(double[] suspects, double[] heldOut) {
        return auc(negated(suspects), negated(heldOut));
    }

    /**
     * AUC of a likelihood ratio per example, U-LiRA (Hayes et al. 2024): for each example the models that unlearned it and
     * those that never saw it give two normal distributions of its confidence; each model in turn is attacked with the
     * distributions of the others. For small sets: every value costs a training.
     *
     * @param unlearned by model, by example: φ = log(p/(1 − p)) of its label, in models that saw and unlearned it; at
     *     least 3 models
     * @param never the same in models that never saw it; at least 3
     */
    public static double likelihoodRatioAuc(double[][] unlearned, double[][] never) {
        if (unlearned.length < 3 || never.length < 3) {
            throw new IllegalArgumentException("likelihood ratios: expected at least 3 models on each side, got "
                    + unlearned.length + " and " + never.length);
        }
        int examples = unlearned[0].length;
        double[] suspects = new double[unlearned.length * examples];
        double[] others = new double[never.length * examples];
        for (int e = 0; e < examples; e++) {
            for (int m = 0; m < unlearned.length; m++) {
                suspects[m * examples + e] = ratio(unlearned[m][e], column(unlearned, e, m), column(never, e, -1));
            }
            for (int m = 0; m < never.length; m++) {
                others[m * examples + e] = ratio(never[m][e], column(unlearned, e, -1), column(never, e, m));
            }
        }
        return auc(suspects, others);
    }

    /** φ of a label's probability. */
    public static double confidence(double loss) {
        double p = Math.exp(-loss);
        return -loss - Math.log(Math.max(1 - p, Double.MIN_NORMAL));
    }

    private static double ratio(double value, double[] in, double[] out) {
        return logDensity(value, in) - logDensity(value, out);
    }

    private static double logDensity(double value, double[] of) {
        double mean = Arrays.stream(of).average().orElseThrow();
        double variance = Arrays.stream(of).map(v -> (v - mean) * (v - mean)).sum() / (of.length - 1);
        double spread = Math.max(LEAST_SPREAD, Math.sqrt(variance));
        double standard = (value - mean) / spread;
        return -standard * standard / 2 - Math.log(spread);
    }

    /** @param leave the model to leave out, −1 for none */
    private static double[] column(double[][] values, int example, int leave) {
        double[] out = new double[values.length - (leave < 0 ? 0 : 1)];
        int at = 0;
        for (int m = 0; m < values.length; m++) {
            if (m != leave) {
                out[at++] = values[m][example];
            }
        }
        return out;
    }

    /** P(a > b) + P(a = b)/2, by ranks. */
    private static double auc(double[] a, double[] b) {
        double[] sorted = b.clone();
        Arrays.sort(sorted);
        double sum = 0;
        for (double value : a) {
            int below = lowerBound(sorted, value);
            int notAbove = lowerBound(sorted, Math.nextUp(value));
            sum += below + (notAbove - below) / 2.0;
        }
        return a.length == 0 || b.length == 0 ? Double.NaN : sum / a.length / b.length;
    }

    private static int lowerBound(double[] sorted, double value) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double[] negated(double[] values) {
        return Arrays.stream(values).map(v -> -v).toArray();
    }
}
