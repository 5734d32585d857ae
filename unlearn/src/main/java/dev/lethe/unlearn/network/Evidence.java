package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.List;

/**
 * What was measured of a patched network. Evidence, not proof: a network's version is never certified.
 *
 * @param forgetLoss mean loss of the removed rows; one that never saw them has about the held-out loss
 * @param retainedLoss mean loss of (a sample of) the rows that stay
 * @param validationLoss mean loss of rows that no version was trained on: the held-out loss
 * @param validationAccuracy of the same; NaN for squared error
 * @param predictionChange mean total variation between old and new predictions on the validation rows, 0 to 1; for
 *     squared error the mean distance
 * @param membershipAuc how well a loss threshold tells removed rows from held-out ones: 0.5 cannot, 1 always
 */
public record Evidence(
        double forgetLoss,
        double retainedLoss,
        double validationLoss,
        double validationAccuracy,
        double predictionChange,
        double membershipAuc) {

    /**
     * Measures.
     *
     * @param before the old version
     * @param after the new one
     * @param forgotten rows that were removed, or that had another label or features; may be empty: NaN then
     * @param retained rows that stay
     * @param validation rows that were never trained on; may be empty: NaN then
     */
    public static Evidence of(
            Network before, Network after, List<Row> forgotten, List<Row> retained, List<Row> validation) {
        double[] forgottenLosses = after.losses(forgotten);
        double[] predicted = after.logits(validation);
        double[] heldOut = after.losses(validation, predicted);
        boolean classes = after.loss() == NetworkLoss.CROSS_ENTROPY;
        return new Evidence(
                mean(forgottenLosses),
                mean(after.losses(retained)),
                mean(heldOut),
                classes ? after.accuracy(validation, predicted) : Double.NaN,
                predictionChange(before, after, validation, predicted),
                MembershipInference.lossThresholdAuc(forgottenLosses, heldOut));
    }

    /** Whether removed rows are still told from held-out ones, or the rest was damaged. */
    public boolean within(double maxAuc, double maxPredictionChange) {
        return !(membershipAuc > maxAuc) && !(predictionChange > maxPredictionChange);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /** @param now outputs of the network after. Not modified. */
    private static double predictionChange(Network before, Network after, List<Row> rows, double[] now) {
        double[] old = before.logits(rows);
        int outputs = after.architecture().outputs();
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            sum += after.loss() == NetworkLoss.CROSS_ENTROPY
                    ? totalVariation(before.probabilities(old, i), after.probabilities(now, i))
                    : distance(old, now, i, outputs);
        }
        return rows.isEmpty() ? Double.NaN : sum / rows.size();
    }

    private static double totalVariation(double[] p, double[] q) {
        double sum = 0;
        for (int k = 0; k < p.length; k++) {
            sum += Math.abs(p[k] - q[k]) / 2;
        }
        return sum;
    }

    private static double distance(double[] a, double[] b, int row, int outputs) {
        double sum = 0;
        for (int k = row * outputs; k < (row + 1) * outputs; k++) {
            sum += (a[k] - b[k]) * (a[k] - b[k]);
        }
        return Math.sqrt(sum);
    }
}
