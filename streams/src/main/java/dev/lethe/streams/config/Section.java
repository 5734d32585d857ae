package dev.lethe.streams.config;

import dev.lethe.streams.config.Yaml.Node;
import dev.lethe.unlearn.objective.Decimals;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The keys of one section of a definition, read by type. Every refusal names the key with its section. */
final class Section {
    private final String prefix;
    private final Map<String, Node> entries;

    /**
     * A section.
     *
     * @param prefix "" or "privacy."
     * @param mapping its keys and values
     * @param known the keys it may have
     */
    Section(String prefix, Node.Mapping mapping, List<String> known) {
        this.prefix = prefix;
        this.entries = mapping.entries();
        for (String key : entries.keySet()) {
            if (!known.contains(key)) {
                throw new SpecViolation(prefix + key, "unknown key; " + Suggestion.of(key, known));
            }
        }
    }

    /** A subsection, or null. */
    Section section(String key, List<String> known) {
        Node node = entries.get(key);
        if (node == null || isNothing(node)) {
            return null;
        }
        if (!(node instanceof Node.Mapping mapping)) {
            throw wrong(key, "expected keys " + known);
        }
        return new Section(prefix + key + ".", mapping, known);
    }

    /** A text that has to be there. */
    String text(String key) {
        String value = text(key, null);
        if (value == null) {
            throw wrong(key, "expected a value, got nothing");
        }
        return value;
    }

    String text(String key, String absent) {
        Node node = entries.get(key);
        return node == null || isNothing(node) ? absent : scalar(key, node);
    }

    /** A finite number, plain or quoted, that has to be there. */
    double decimal(String key) {
        return decimal(key, text(key));
    }

    /** A finite number, or null where the key is absent. */
    Double optionalDecimal(String key) {
        return text(key, null) == null ? null : Double.valueOf(decimal(key));
    }

    double decimal(String key, double absent) {
        return decimal(key, text(key, Double.toString(absent)));
    }

    int integer(String key, Integer absent) {
        String text = absent == null ? text(key) : text(key, absent.toString());
        double value = decimal(key, text);
        if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
            throw wrong(key, "expected a whole number, got " + Names.quoted(text));
        }
        return (int) value;
    }

    /** One of a few words. */
    <T> T word(String key, String absent, Map<String, T> words) {
        String text = absent == null ? text(key) : text(key, absent);
        T value = words.get(text);
        if (value == null) {
            String all = words.keySet().stream().sorted().collect(Collectors.joining(", "));
            throw wrong(key, "expected one of " + all + ", got " + Names.quoted(text));
        }
        return value;
    }

    /** Texts of a list; empty where the key is absent. */
    List<String> texts(String key) {
        Node node = entries.get(key);
        if (node == null || isNothing(node)) {
            return List.of();
        }
        if (!(node instanceof Node.Sequence sequence)) {
            throw wrong(key, "expected a list");
        }
        return sequence.items().stream().map(item -> scalar(key, item)).toList();
    }

    /** A list of anything, that has to be there. */
    List<Node> items(String key) {
        if (entries.get(key) instanceof Node.Sequence sequence) {
            return sequence.items();
        }
        throw wrong(key, "expected a list");
    }

    /** One number or a list of them; empty where the key is absent. */
    List<Double> decimals(String key) {
        Node node = entries.get(key);
        if (node instanceof Node.Scalar scalar) {
            return scalar.text() == null ? List.of() : List.of(decimal(key, scalar.text()));
        }
        return texts(key).stream().map(text -> decimal(key, text)).toList();
    }

    /** A list of whole numbers; empty where the key is absent. */
    List<Integer> integers(String key) {
        return decimals(key).stream().map(value -> whole(key, value)).toList();
    }

    private int whole(String key, double value) {
        if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
            throw wrong(key, "expected whole numbers, got " + value);
        }
        return (int) value;
    }

    private double decimal(String key, String text) {
        double value = Decimals.parse(text);
        if (Double.isNaN(value)) {
            throw wrong(key, "expected a finite number, got " + Names.quoted(text));
        }
        return value;
    }

    private String scalar(String key, Node node) {
        if (node instanceof Node.Scalar scalar && scalar.text() != null) {
            return scalar.text();
        }
        throw wrong(key, "expected a text or a number, got a list, a section or nothing");
    }

    private SpecViolation wrong(String key, String rule) {
        return new SpecViolation(prefix + key, rule);
    }

    private static boolean isNothing(Node node) {
        return node instanceof Node.Scalar scalar && scalar.text() == null;
    }
}
