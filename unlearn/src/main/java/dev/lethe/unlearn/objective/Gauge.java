package dev.lethe.unlearn.objective;

/**
 * The one direction in which J is flat: with softmax and a free intercept, adding the same number to all K biases
 * changes nothing. The biases are kept at Σ_k b_k = 0.
 */
public final class Gauge {

    private Gauge() {}

    /** Whether the objective has that flat direction. */
    public static boolean needed(Objective objective) {
        return objective.family() == Family.SOFTMAX && objective.intercept() == Intercept.FREE;
    }

    /** Takes the mean of the K biases off each of them; nothing where no gauge is needed. @param vector K·d. Modified. */
    public static void project(Objective objective, double[] vector) {
        if (!needed(objective)) {
            return;
        }
        int columns = objective.columns();
        double mean = 0;
        for (int bias = columns - 1; bias < vector.length; bias += columns) {
            mean += vector[bias] / objective.outputs();
        }
        for (int bias = columns - 1; bias < vector.length; bias += columns) {
            vector[bias] -= mean;
        }
    }
}
