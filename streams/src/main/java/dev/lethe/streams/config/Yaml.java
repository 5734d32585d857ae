package dev.lethe.streams.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.lethe.unlearn.format.FileFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * YAML as a tree of raw texts. YAML 1.1 would guess types, and guess wrongly for labels and numbers: {@code 01} is no
 * octal number here and {@code 1e-05} no string; what a value means is for its key to say.
 */
final class Yaml {
    private static final YAMLFactory FACTORY = new YAMLFactory();

    private final String file;
    private final YAMLParser parser;

    private Yaml(String file, YAMLParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /** A value and the line it begins on. */
    sealed interface Node {
        int line();

        /** A text; null stands for {@code key:} with nothing after it. */
        record Scalar(String text, int line) implements Node {}

        record Sequence(List<Node> items, int line) implements Node {}

        record Mapping(Map<String, Node> entries, int line) implements Node {}
    }

    /** Reads the one mapping that a file holds. */
    static Node.Mapping read(Path path) {
        String file = path.toString();
        try (YAMLParser parser = FACTORY.createParser(Files.readString(path))) {
            Yaml yaml = new Yaml(file, parser);
            JsonToken first = parser.nextToken();
            if (first != JsonToken.START_OBJECT) {
                throw new FileFormatException(file, "expected keys and values (\"id: my-model\"), got none");
            }
            Node.Mapping root = yaml.mapping();
            if (parser.nextToken() != null) {
                throw new FileFormatException(file, "expected one YAML document, got several");
            }
            return root;
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new FileFormatException(file + ": line " + line, "expected valid YAML");
        } catch (IOException e) {
            throw new FileFormatException(file, e);
        }
    }

    private Node node() throws IOException {
        int line = line();
        if (parser.isCurrentAlias()) {
            throw new FileFormatException(file + ": line " + line, "expected a value, got a YAML alias");
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> mapping();
            case START_ARRAY -> sequence(line);
            case VALUE_NULL -> new Node.Scalar(null, line);
            default -> new Node.Scalar(parser.getText(), line);
        };
    }

    private Node.Mapping mapping() throws IOException {
        int line = line();
        Map<String, Node> entries = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            int keyLine = line();
            parser.nextToken();
            if (entries.put(key, node()) != null) {
                throw new FileFormatException(file + ": line " + keyLine, key + ": expected once, got again");
            }
        }
        return new Node.Mapping(entries, line);
    }

    private Node.Sequence sequence(int line) throws IOException {
        List<Node> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(node());
        }
        return new Node.Sequence(items, line);
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }
}
