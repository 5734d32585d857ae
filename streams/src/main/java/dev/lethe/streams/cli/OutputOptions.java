package dev.lethe.streams.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command prints its answer: JSON for programs, a table for people. */
public final class OutputOptions {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    enum Format {
        TABLE,
        JSON
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "TABLE",
            description = "table or json (default: table).")
    private Format format;

    /** Prints one thing: a line per key, and lists of things as tables below; or one JSON object. */
    public void one(ObjectNode thing) {
        PrintWriter out = out();
        if (format == Format.JSON) {
            json(thing);
        } else {
            List<String[]> lines = new ArrayList<>();
            thing.properties().stream()
                    .filter(entry -> !isTable(entry.getValue()))
                    .forEach(entry -> lines.add(new String[] {entry.getKey(), text(entry.getValue())}));
            Table.print(out, lines);
            thing.properties().stream()
                    .filter(entry -> isTable(entry.getValue()))
                    .forEach(entry -> below(out, entry.getKey(), entry.getValue()));
        }
        out.flush();
    }

    private static boolean isTable(JsonNode value) {
        return value.isArray() && !value.isEmpty() && value.get(0).isObject();
    }

    private static void below(PrintWriter out, String name, JsonNode rows) {
        out.println();
        out.println(name);
        table(out, rows);
    }

    /** Prints a list: a table with a header, or a JSON array. All rows have the keys of the first. */
    public void list(List<ObjectNode> rows, String whenEmpty) {
        PrintWriter out = out();
        if (format == Format.JSON) {
            json(JSON.valueToTree(rows));
        } else if (rows.isEmpty()) {
            out.println(whenEmpty);
        } else {
            table(out, rows);
        }
        out.flush();
    }

    /** @param rows objects with the keys of the first */
    private static void table(PrintWriter out, Iterable<? extends JsonNode> rows) {
        List<String[]> lines = new ArrayList<>();
        for (JsonNode row : rows) {
            if (lines.isEmpty()) {
                lines.add(header(row));
            }
            lines.add(cells(row));
        }
        Table.print(out, lines);
    }

    /** Whether programs read the answer. */
    boolean json() {
        return format == Format.JSON;
    }

    private void json(JsonNode node) {
        try {
            out().println(JSON.writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree that is no JSON", e);
        }
    }

    private static String[] header(JsonNode row) {
        List<String> names = new ArrayList<>();
        for (Iterator<String> keys = row.fieldNames(); keys.hasNext(); ) {
            names.add(keys.next().toUpperCase(Locale.ROOT).replace('_', ' '));
        }
        return names.toArray(String[]::new);
    }

    private static String[] cells(JsonNode row) {
        List<String> cells = new ArrayList<>();
        row.forEach(value -> cells.add(text(value)));
        return cells.toArray(String[]::new);
    }

    private static String text(JsonNode value) {
        if (value.isNull() || value.isContainerNode() && value.isEmpty()) {
            return "-";
        }
        if (value.isFloatingPointNumber()) {
            return number(value.doubleValue());
        }
        if (value.isArray()) {
            List<String> parts = new ArrayList<>();
            value.forEach(part -> parts.add(text(part)));
            return String.join(", ", parts);
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }

    /** To a few digits: whoever needs all of them asks for JSON. */
    private static String number(double value) {
        double size = Math.abs(value);
        if (value != 0 && (size < 1e-3 || size >= 1e9) || !Double.isFinite(value)) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        return BigDecimal.valueOf(value)
                .round(new MathContext(size < 1e4 ? 6 : 9))
                .stripTrailingZeros()
                .toPlainString();
    }

    private PrintWriter out() {
        return command.commandLine().getOut();
    }
}
