package dev.lethe.streams.http;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.RowData;
import dev.lethe.streams.client.Attributions;
import dev.lethe.streams.topology.Doubles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * From the JSON of a question about influence to its message. Errors name keys and places, never values.
 *
 * @param outsideClaim whether who asks says that the answer is under no (ε, δ) claim
 */
record InfluenceBody(InfluenceQuestion question, boolean outsideClaim) {
    /** Samples per side where a question does not say how many. */
    static final int TOP = 20;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final String TOGETHER = "together";
    private static final String OUTSIDE_CLAIM = "outside_claim";
    private static final String GROUP_CURVATURE = "group_curvature";
    private static final Set<String> KEYS =
            Set.of("rows", "method", "form", "top", "group", GROUP_CURVATURE, TOGETHER, OUTSIDE_CLAIM);
    private static final Set<String> ROW_KEYS = Set.of("features", "label");

    static InfluenceBody parse(String modelId, byte[] body) {
        JsonNode root = read(body);
        requireKeys("", root, KEYS);
        List<RowData> rows = new ArrayList<>();
        JsonNode array = require("rows", root.path("rows"), root.path("rows").isArray(), "an array of rows");
        for (int i = 0; i < array.size(); i++) {
            rows.add(row("rows[" + i + "]", array.get(i)));
        }
        var question = new InfluenceQuestion(
                modelId,
                Attributions.newId(),
                text(root, "method", ""),
                text(root, "form", ""),
                top(root),
                rows,
                root.has("group") ? texts("group", root.get("group")) : null,
                truth(root, TOGETHER),
                truth(root, GROUP_CURVATURE));
        return new InfluenceBody(question, truth(root, OUTSIDE_CLAIM));
    }

    private static boolean truth(JsonNode root, String key) {
        JsonNode value = root.path(key);
        return !value.isMissingNode()
                && require(key, value, value.isBoolean(), "true or false").booleanValue();
    }

    private static JsonNode read(byte[] body) {
        try {
            JsonNode root = JSON.readTree(body);
            if (root != null && root.isObject()) {
                return root;
            }
        } catch (IOException e) {
            // Its text quotes the body, which holds features.
        }
        throw ProblemException.badRequest("BAD_JSON", "body: expected one JSON object, each key once");
    }

    private static RowData row(String where, JsonNode row) {
        require(where, row, row.isObject(), "an object with features and label");
        requireKeys(where + ".", row, ROW_KEYS);
        JsonNode features = row.path("features");
        require(where + ".features", features, features.isArray(), "an array of numbers");
        double[] x = new double[features.size()];
        for (int j = 0; j < x.length; j++) {
            JsonNode value = features.get(j);
            x[j] = require(where + ".features[" + j + "]", value, value.isNumber(), "a number")
                    .doubleValue();
        }
        JsonNode label = row.path("label");
        require(where + ".label", label, label.isTextual() || label.isNumber(), "a text or a number");
        return new RowData(Doubles.toBuffer(x), label.asText(), 1.0);
    }

    private static int top(JsonNode root) {
        JsonNode top = root.path("top");
        return top.isMissingNode()
                ? TOP
                : require("top", top, top.canConvertToInt(), "a whole number").intValue();
    }

    private static String text(JsonNode root, String key, String otherwise) {
        JsonNode value = root.path(key);
        return value.isMissingNode()
                ? otherwise
                : require(key, value, value.isTextual(), "a text").textValue();
    }

    private static List<String> texts(String key, JsonNode array) {
        require(key, array, array.isArray(), "an array of sample ids");
        List<String> texts = new ArrayList<>();
        array.forEach(
                each -> texts.add(require(key, each, each.isTextual(), "texts").textValue()));
        return texts;
    }

    private static JsonNode require(String where, JsonNode value, boolean rule, String expected) {
        if (!rule) {
            throw ProblemException.badRequest(
                    "BAD_VALUE",
                    where + ": expected " + expected + ", got "
                            + (value.isMissingNode() ? "none" : "another kind of value"));
        }
        return value;
    }

    private static void requireKeys(String where, JsonNode object, Set<String> known) {
        for (Iterator<String> keys = object.fieldNames(); keys.hasNext(); ) {
            if (!known.contains(keys.next())) {
                throw ProblemException.badRequest(
                        "UNKNOWN_KEY",
                        where + ": expected only the keys "
                                + known.stream().sorted().toList() + ", got another one");
            }
        }
    }
}
