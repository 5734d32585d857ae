package dev.lethe.unlearn.objective;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads labels in the convention of {@link Row}: logistic −1 or +1 (the second class is +1), softmax the class index,
 * ridge one finite decimal, or one per output separated by commas.
 *
 * <p>Classes that are all numbers are compared as numbers ("3", "3.0", "+3"), else as exact strings.
 */
public final class Labels {
    private static final int MAX_NUMBER_LENGTH = 64;
    private static final int MAX_QUOTED = 32;
    private static final int MAX_LISTED = 12;

    private final Family family;
    private final List<String> classes;
    private final int outputs;
    private final boolean numeric;
    private final Map<Object, Integer> indices = new HashMap<>();

    private Labels(Family family, List<String> classes, int outputs) {
        this.family = family;
        this.classes = List.copyOf(classes);
        this.outputs = outputs;
        this.numeric = classes.stream().allMatch(c -> number(c) != null);
        for (int i = 0; i < classes.size(); i++) {
            Integer earlier = indices.putIfAbsent(key(classes.get(i)), i);
            if (earlier != null) {
                throw new IllegalArgumentException("classes: expected different values, got " + quoted(classes.get(i))
                        + " at position " + i + ", the same as position " + earlier);
            }
        }
    }

    /**
     * Labels of a model.
     *
     * @param objective the family and its number of outputs
     * @param classes label values in the order of the weight rows; empty for ridge
     */
    public static Labels of(Objective objective, List<String> classes) {
        int expected = switch (objective.family()) {
            case RIDGE -> 0;
            case LOGISTIC -> 2;
            case SOFTMAX -> objective.outputs();
        };
        if (classes.size() != expected) {
            throw new IllegalArgumentException(
                    "classes: " + objective.family() + " expects " + expected + " classes here, got " + classes.size());
        }
        return new Labels(objective.family(), classes, objective.outputs());
    }

    /**
     * The target of a label.
     *
     * @param label as in a file or request; may be null
     * @return y in the convention of {@link Row}, or null where the label does not fit
     */
    public double[] y(String label) {
        if (label == null) {
            return null;
        }
        if (family == Family.RIDGE) {
            return targets(label);
        }
        Object key = key(label);
        Integer index = key == null ? null : indices.get(key);
        if (index == null) {
            return null;
        }
        return new double[] {family == Family.SOFTMAX ? index : 2 * index - 1};
    }

    /** Why {@link #y} gave null. Ridge targets are not quoted: they may be as personal as a feature. */
    Mapping.Misfit misfit(String label) {
        if (family == Family.RIDGE) {
            String decimals = outputs == 1 ? "one finite decimal number" : outputs + " finite decimals with commas";
            return new Mapping.Misfit(
                    Mapping.BAD_LABEL,
                    "label: expected " + decimals + ", got "
                            + (label == null ? "none" : "text of " + label.length() + " characters"));
        }
        return new Mapping.Misfit(
                Mapping.UNKNOWN_CLASS, "label: expected one of " + listed() + ", got " + quoted(label));
    }

    private double[] targets(String label) {
        String[] parts = label.split(",", -1);
        if (parts.length != outputs) {
            return null;
        }
        double[] y = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            y[k] = Decimals.parse(parts[k]);
            if (Double.isNaN(y[k])) {
                return null;
            }
        }
        return y;
    }

    private Object key(String label) {
        return numeric ? number(label) : label;
    }

    /** Exact decimals, so that large integers stay different; the length limit keeps hostile labels cheap. */
    private static BigDecimal number(String label) {
        String trimmed = label.trim();
        if (trimmed.length() > MAX_NUMBER_LENGTH || Double.isNaN(Decimals.parse(trimmed))) {
            return null;
        }
        try {
            BigDecimal value = new BigDecimal(trimmed);
            return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
        } catch (NumberFormatException e) {
            return null; // an exponent beyond BigDecimal's range, which a double rounds to zero
        }
    }

    private String listed() {
        return classes.size() <= MAX_LISTED
                ? classes.toString()
                : classes.subList(0, MAX_LISTED) + " and " + (classes.size() - MAX_LISTED) + " more";
    }

    private static String quoted(String label) {
        if (label == null) {
            return "none";
        }
        return label.length() <= MAX_QUOTED ? '"' + label + '"' : '"' + label.substring(0, MAX_QUOTED) + "…\"";
    }
}
