package dev.lethe.streams.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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

    /** Prints one thing: a line per key, or one JSON object. */
    public void one(ObjectNode thing) {
        PrintWriter out = out();
        if (format == Format.JSON) {
            json(thing);
        } else {
            List<String[]> lines = new ArrayList<>();
            thing.properties().forEach(entry -> lines.add(new String[] {entry.getKey(), text(entry.getValue())}));
            Table.print(out, lines);
        }
        out.flush();
    }

    /** Prints a list: a table with a header, or a JSON array. All rows have the keys of the first. */
    public void list(List<ObjectNode> rows, String whenEmpty) {
        PrintWriter out = out();
        if (format == Format.JSON) {
            json(JSON.valueToTree(rows));
        } else if (rows.isEmpty()) {
            out.println(whenEmpty);
        } else {
            List<String[]> lines = new ArrayList<>();
            lines.add(header(rows.get(0)));
            rows.forEach(row -> lines.add(cells(row)));
            Table.print(out, lines);
        }
        out.flush();
    }

    private void json(JsonNode node) {
        try {
            out().println(JSON.writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree that is no JSON", e);
        }
    }

    private static String[] header(ObjectNode row) {
        List<String> names = new ArrayList<>();
        for (Iterator<String> keys = row.fieldNames(); keys.hasNext(); ) {
            names.add(keys.next().toUpperCase(java.util.Locale.ROOT).replace('_', ' '));
        }
        return names.toArray(String[]::new);
    }

    private static String[] cells(ObjectNode row) {
        List<String> cells = new ArrayList<>();
        row.forEach(value -> cells.add(text(value)));
        return cells.toArray(String[]::new);
    }

    private static String text(JsonNode value) {
        if (value.isNull()) {
            return "-";
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private PrintWriter out() {
        return command.commandLine().getOut();
    }
}
