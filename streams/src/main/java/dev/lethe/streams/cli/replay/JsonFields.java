package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lethe.streams.cli.replay.EventParser.BadEvent;
import dev.lethe.streams.config.Suggestion;
import dev.lethe.unlearn.objective.Decimals;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The keys of one JSON object of an event, read by type. Refusals name the key, the rule and the kind of value found,
 * never the value: it may be a feature or a subject.
 */
final class JsonFields {
    private final String prefix;
    private final JsonNode object;

    JsonFields(String prefix, JsonNode object) {
        this.prefix = prefix;
        this.object = object;
    }

    /** Refuses any other key. */
    void allow(String... keys) {
        Set<String> known = Set.of(keys);
        object.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw new BadEvent(
                        EventFile.UNKNOWN_KEY, prefix + shortened(key) + ": unknown key; " + Suggestion.of(key, known));
            }
        });
    }

    /** Whether the key is there with a value; null counts as absent. */
    boolean has(String key) {
        return object.hasNonNull(key);
    }

    /** A text that is not empty. */
    String text(String key) {
        return text(prefix + key, required(key));
    }

    /** A text, or null where the key is absent or empty, as an empty cell of a CSV file is. */
    String textOrNull(String key) {
        JsonNode value = object.get(key);
        boolean empty = !has(key) || value.isTextual() && value.textValue().isEmpty();
        return empty ? null : text(key);
    }

    /** Texts that are not empty, at least one. */
    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (JsonNode item : array(key)) {
            texts.add(text(prefix + key + "[" + texts.size() + "]", item));
        }
        return texts;
    }

    JsonFields object(String key) {
        return object(prefix + key, required(key));
    }

    /** Objects, at least one. */
    List<JsonFields> objects(String key) {
        List<JsonFields> objects = new ArrayList<>();
        for (JsonNode item : array(key)) {
            objects.add(object(prefix + key + "[" + objects.size() + "]", item));
        }
        return objects;
    }

    /** A label: a text, or a number as the text a file would have ("3" for 3 and 3.0). */
    String label(String key) {
        JsonNode node = required(key);
        if (node.isTextual() && !node.textValue().isEmpty()) {
            return node.textValue();
        }
        if (node.isIntegralNumber()) {
            return node.asText();
        }
        if (node.isNumber() && Double.isFinite(node.doubleValue())) {
            return Decimals.text(node.doubleValue());
        }
        throw wrong(prefix + key, "a text or a finite number", node);
    }

    double number(String key) {
        return number(prefix + key, required(key));
    }

    /** Finite numbers, at least one. */
    double[] numbers(String key) {
        JsonNode array = array(key);
        double[] values = new double[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(prefix + key + "[" + i + "]", array.get(i));
        }
        return values;
    }

    private JsonNode required(String key) {
        if (!has(key)) {
            throw new BadEvent(EventFile.MISSING_KEY, prefix + key + ": expected a value, got none");
        }
        return object.get(key);
    }

    private JsonNode array(String key) {
        JsonNode node = required(key);
        if (!node.isArray() || node.isEmpty()) {
            throw wrong(prefix + key, "a list with at least one entry", node);
        }
        return node;
    }

    private static JsonFields object(String place, JsonNode node) {
        if (!node.isObject()) {
            throw wrong(place, "an object", node);
        }
        return new JsonFields(place + ".", node);
    }

    private static String text(String place, JsonNode node) {
        if (!node.isTextual() || node.textValue().isEmpty()) {
            throw wrong(place, "a text that is not empty", node);
        }
        return node.textValue();
    }

    private static double number(String place, JsonNode node) {
        if (!node.isNumber()) {
            throw wrong(place, "a finite number", node);
        }
        if (!Double.isFinite(node.doubleValue())) {
            throw new BadEvent(EventFile.NOT_FINITE, place + ": expected a finite number, got NaN or infinity");
        }
        return node.doubleValue();
    }

    private static BadEvent wrong(String place, String expected, JsonNode node) {
        String kind = node.getNodeType().name().toLowerCase(Locale.ROOT);
        boolean empty = node.isContainerNode()
                ? node.isEmpty()
                : node.isTextual() && node.textValue().isEmpty();
        return new BadEvent(
                EventFile.BAD_VALUE, place + ": expected " + expected + ", got " + (empty ? "an empty " : "a ") + kind);
    }

    private static String shortened(String key) {
        return key.length() <= 40 ? key : key.substring(0, 40) + "...";
    }
}
