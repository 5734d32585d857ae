package dev.lethe.unlearn.valuation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.hipparchus.stat.correlation.PearsonsCorrelation;
import org.hipparchus.stat.correlation.SpearmansCorrelation;
import org.hipparchus.stat.ranking.NaturalRanking;

/** How well scores predict what was measured. */
public final class Correlations {

    private Correlations() {}

    /** Pearson's r. NaN if one side does not vary. */
    public static double pearson(double[] a, double[] b) {
        return new PearsonsCorrelation().correlation(a, b);
    }

    /** Spearman's ρ, ties by their mean rank. NaN if one side does not vary. */
    public static double spearman(double[] a, double[] b) {
        return new SpearmansCorrelation().correlation(a, b);
    }

    /** The positions of the {@code count} largest |values|, the largest first. */
    public static int[] mostInfluential(double[] values, int count) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(values[i])))
                .limit(count)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** The values at some positions. */
    public static double[] at(double[] values, int[] positions) {
        return Arrays.stream(positions).mapToDouble(i -> values[i]).toArray();
    }

    /**
     * The chance that a marked item has a higher score than an unmarked one (area under the ROC curve), ties half.
     *
     * @return NaN if all or none are marked
     */
    public static double auc(double[] scores, boolean[] marked) {
        double[] ranks = new NaturalRanking().rank(scores);
        double sum = 0;
        long positives = 0;
        for (int i = 0; i < scores.length; i++) {
            if (marked[i]) {
                sum += ranks[i];
                positives++;
            }
        }
        long negatives = scores.length - positives;
        return (sum - positives * (positives + 1) / 2.0) / (positives * (double) negatives);
    }

    /** The share of the marked items among the highest {@code fraction} of all scores. */
    public static double recall(double[] scores, boolean[] marked, double fraction) {
        long looked = Math.round(fraction * scores.length);
        long found = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .limit(looked)
                .filter(i -> marked[i])
                .count();
        long all = IntStream.range(0, marked.length).filter(i -> marked[i]).count();
        return (double) found / all;
    }
}
