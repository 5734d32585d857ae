package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.config.Names;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.RawSample;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** From one line of JSON to an {@link Event}. */
final class EventParser {
    /** NaN and infinities are let through here, so that they are refused by key and not as bad JSON. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final Set<String> TYPES = Set.of("delete", "relabel", "rectify", "put", "await", "export");
    private static final Map<String, SettleUntil> UNTIL =
            Map.of("applied", SettleUntil.APPLIED, "settled", SettleUntil.SETTLED);

    /** The names that the output folder itself uses. */
    private static final Set<String> RESERVED = Set.of(OutputFolder.FINAL, OutputFolder.RECEIPTS, OutputFolder.SUMMARY);

    private EventParser() {}

    /** A line that is JSON but no event. */
    static final class BadEvent extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String code;

        BadEvent(String code, String reason) {
            super(reason, null, false, false);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /** The event of a line that is not blank. */
    static Event parse(long line, String text) throws JsonProcessingException {
        JsonNode root = JSON.readTree(text);
        if (!root.isObject()) {
            throw new BadEvent(EventFile.NOT_JSON, "expected one JSON object, got another JSON value");
        }
        JsonFields fields = new JsonFields("", root);
        String type = fields.text("type");
        return switch (type) {
            case "delete" -> delete(line, fields);
            case "relabel" -> relabel(line, fields);
            case "rectify" -> rectify(line, fields);
            case "put" -> put(line, fields);
            case "await" -> await(line, fields);
            case "export" -> export(line, fields);
            default ->
                throw new BadEvent(
                        EventFile.UNKNOWN_TYPE,
                        "type: expected one of " + TYPES.stream().sorted().toList() + ", got " + Names.quoted(type));
        };
    }

    private static Event delete(long line, JsonFields fields) {
        fields.allow("type", "request_id", "samples", "subjects");
        String requestId = fields.text("request_id");
        if (!fields.has("samples") && !fields.has("subjects")) {
            throw new BadEvent(EventFile.MISSING_KEY, "samples or subjects: expected at least one of them, got none");
        }
        List<String> samples = fields.has("samples") ? fields.texts("samples") : List.of();
        List<String> subjects = fields.has("subjects") ? fields.texts("subjects") : List.of();
        return new Event.Delete(line, requestId, samples, subjects);
    }

    private static Event relabel(long line, JsonFields fields) {
        fields.allow("type", "request_id", "samples");
        String requestId = fields.text("request_id");
        List<Relabelling> samples = fields.objects("samples").stream()
                .map(sample -> {
                    sample.allow("id", "label");
                    return new Relabelling(sample.text("id"), sample.label("label"));
                })
                .toList();
        return new Event.Relabel(line, requestId, samples);
    }

    private static Event rectify(long line, JsonFields fields) {
        fields.allow("type", "request_id", "samples");
        String requestId = fields.text("request_id");
        List<Rectification> samples = fields.objects("samples").stream()
                .map(sample -> {
                    sample.allow("id", "features");
                    return new Rectification(sample.text("id"), Doubles.toBuffer(sample.numbers("features")));
                })
                .toList();
        return new Event.Rectify(line, requestId, samples);
    }

    private static Event put(long line, JsonFields fields) {
        fields.allow("type", "sample");
        JsonFields sample = fields.object("sample");
        sample.allow("id", "subject", "label", "weight", "features");
        double weight = sample.has("weight") ? sample.number("weight") : 1;
        if (weight < 0) {
            throw new BadEvent(EventFile.BAD_VALUE, "sample.weight: expected at least 0, got a negative number");
        }
        String subject = sample.textOrNull("subject");
        return new Event.Put(
                line,
                new RawSample(
                        sample.text("id"), subject, sample.label("label"), weight, sample.numbers("features"), line));
    }

    private static Event await(long line, JsonFields fields) {
        fields.allow("type", "until");
        String until = fields.text("until");
        SettleUntil value = UNTIL.get(until);
        if (value == null) {
            throw new BadEvent(
                    EventFile.BAD_VALUE, "until: expected \"applied\" or \"settled\", got " + Names.quoted(until));
        }
        return new Event.Await(line, value);
    }

    private static Event export(long line, JsonFields fields) {
        fields.allow("type", "as");
        String name = fields.text("as");
        if (!Names.isName(name)) {
            throw new BadEvent(EventFile.BAD_NAME, "as: expected " + Names.RULE + ", got " + Names.quoted(name));
        }
        if (RESERVED.contains(name)) {
            throw new BadEvent(
                    EventFile.BAD_NAME,
                    "as: expected a name of your own, got \"" + name + "\", which the run itself writes");
        }
        return new Event.Export(line, name);
    }
}
