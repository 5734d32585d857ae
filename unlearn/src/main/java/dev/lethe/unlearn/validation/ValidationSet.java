package dev.lethe.unlearn.validation;

import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Loss;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * A model's validation rows, in memory; added up in the order of their keys, so that the same rows and parameters give the
 * same metrics. Not thread-safe.
 */
public final class ValidationSet {
    /** Multiplications that one look at all rows may take: about two milliseconds. */
    private static final int WORK = 4_000_000;

    private static final int MAX_ROWS = 20_000;
    private static final int MIN_ROWS = 100;

    private final Objective objective;
    private final Loss loss;
    private final Map<String, Row> rows = new TreeMap<>();

    public ValidationSet(Objective objective) {
        this.objective = objective;
        this.loss = Loss.of(objective.family());
    }

    /** So many rows are looked at at most, so that a version never waits long for its metrics. */
    public static int limit(Objective objective) {
        return Math.max(MIN_ROWS, Math.min(MAX_ROWS, WORK / objective.parameters()));
    }

    /**
     * Adds a row, or replaces the one with this key.
     *
     * @return false if the set is full and has no such key
     */
    public boolean put(String key, Row row) {
        if (rows.size() >= limit(objective) && !rows.containsKey(key)) {
            return false;
        }
        rows.put(key, row);
        return true;
    }

    /** Takes a row out. Returns whether it was there. */
    public boolean remove(String key) {
        return rows.remove(key) != null;
    }

    public int size() {
        return rows.size();
    }

    /**
     * What parameters do on these rows.
     *
     * @param theta K·d, row-major. Not modified.
     * @return loss NaN if there are no rows, or none has weight
     */
    public Metrics metrics(double[] theta) {
        double[] z = new double[objective.outputs()];
        double weight = 0;
        double sum = 0;
        double right = 0;
        for (Row row : rows.values()) {
            Predictor.logits(objective, theta, row.x(), z);
            weight += row.weight();
            sum += row.weight() * loss.value(z, row.y());
            right += isRight(z, row) ? row.weight() : 0;
        }
        boolean classes = objective.family() != Family.RIDGE;
        return new Metrics(
                rows.size(), sum / weight, classes ? OptionalDouble.of(right / weight) : OptionalDouble.empty());
    }

    private boolean isRight(double[] logits, Row row) {
        return switch (objective.family()) {
            case RIDGE -> false;
            case LOGISTIC -> Predictor.classOf(objective.family(), logits) == (row.y()[0] > 0 ? 1 : 0);
            case SOFTMAX -> Predictor.classOf(objective.family(), logits) == (int) row.y()[0];
        };
    }
}
