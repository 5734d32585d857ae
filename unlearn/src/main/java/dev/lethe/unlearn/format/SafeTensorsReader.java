package dev.lethe.unlearn.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * Reads safetensors files, trusting nothing: every length and offset is checked against the file before it is used.
 *
 * <p>F64 and, for models trained elsewhere, F32.
 */
public final class SafeTensorsReader {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** A Java array's limit. */
    private static final long MAX_BYTES = Integer.MAX_VALUE - 16;

    private final String file;
    private final ByteBuffer bytes;
    private int dataStart;

    private SafeTensorsReader(String file, byte[] content) {
        this.file = file;
        this.bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads a file. */
    public static SafeTensors.Content read(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new FileFormatException(
                        file.toString(), "expected at most " + MAX_BYTES + " bytes, got " + Files.size(file));
            }
            return read(file.toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new FileFormatException(file.toString(), e);
        }
    }

    /**
     * Reads the bytes of a file.
     *
     * @param file its name, for errors
     * @param content not modified
     */
    public static SafeTensors.Content read(String file, byte[] content) {
        return new SafeTensorsReader(file, content).read();
    }

    private record Entry(String name, String type, long[] shape, long begin, long end) {}

    private SafeTensors.Content read() {
        JsonNode header = header();
        SortedMap<String, String> metadata = new TreeMap<>();
        List<Entry> entries = header.properties().stream()
                .filter(e -> !e.getKey().equals(SafeTensors.METADATA))
                .map(e -> entry(e.getKey(), e.getValue()))
                .sorted(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end))
                .toList();
        header.path(SafeTensors.METADATA).properties().forEach(e -> metadata.put(e.getKey(), text(e.getValue())));
        requireNoGaps(entries);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        entries.forEach(entry -> tensors.put(entry.name, tensor(entry)));
        return new SafeTensors.Content(tensors, metadata);
    }

    private JsonNode header() {
        if (bytes.limit() < SafeTensors.LENGTH_BYTES) {
            throw wrong("expected at least 8 bytes of header length, got a file of " + bytes.limit() + " bytes");
        }
        long length = bytes.getLong(0);
        long available = bytes.limit() - SafeTensors.LENGTH_BYTES;
        if (length < 2 || length > available) {
            throw wrong("header length: expected 2 to " + available + " bytes in a file of " + bytes.limit() + ", got "
                    + length + "; the file is truncated or no safetensors file");
        }
        dataStart = SafeTensors.LENGTH_BYTES + (int) length;
        try {
            JsonNode header = JSON.readTree(bytes.array(), SafeTensors.LENGTH_BYTES, (int) length);
            if (header != null && header.isObject()) {
                return header;
            }
        } catch (IOException e) {
            throw wrong("the header is not valid JSON; the file is damaged or no safetensors file");
        }
        throw wrong("header: expected a JSON object");
    }

    private Entry entry(String name, JsonNode node) {
        JsonNode shape = node.path("shape");
        JsonNode offsets = node.path("data_offsets");
        if (!node.path("dtype").isTextual() || !isLongs(shape) || !isLongs(offsets) || offsets.size() != 2) {
            throw wrong(of(name) + "expected dtype, shape and two data_offsets");
        }
        Entry entry = new Entry(
                name,
                node.get("dtype").textValue(),
                StreamSupport.stream(shape.spliterator(), false)
                        .mapToLong(JsonNode::longValue)
                        .toArray(),
                offsets.get(0).longValue(),
                offsets.get(1).longValue());
        requireSize(entry);
        return entry;
    }

    private static boolean isLongs(JsonNode node) {
        return node.isArray()
                && StreamSupport.stream(node.spliterator(), false)
                        .allMatch(n -> n.isIntegralNumber() && n.canConvertToLong());
    }

    private void requireSize(Entry entry) {
        long width = width(entry);
        long available = bytes.limit() - dataStart;
        if (entry.begin < 0 || entry.end < entry.begin || entry.end > available) {
            throw wrong(of(entry.name) + "data_offsets: expected 0 <= begin <= end <= " + available + ", got "
                    + entry.begin + " and " + entry.end + "; the file is truncated or damaged");
        }
        long count = Tensor.count(entry.shape);
        long held = (entry.end - entry.begin) / width;
        if (count != held || (entry.end - entry.begin) % width != 0) {
            throw wrong(of(entry.name) + "data_offsets: expected " + (count < 0 ? "a valid shape" : count + " values")
                    + " of " + width + " bytes, got " + (entry.end - entry.begin) + " bytes");
        }
    }

    private long width(Entry entry) {
        return switch (entry.type) {
            case "F64" -> Double.BYTES;
            case "F32" -> Float.BYTES;
            default -> throw wrong(of(entry.name) + "dtype: expected F64 or F32, got " + entry.type);
        };
    }

    /** The format allows neither holes nor overlaps, so that a file cannot hide data. */
    private void requireNoGaps(List<Entry> entries) {
        long position = 0;
        for (Entry entry : entries) {
            if (entry.begin != position) {
                throw wrong(of(entry.name) + "data_offsets: expected to begin at " + position + ", got " + entry.begin
                        + "; tensors " + (entry.begin < position ? "overlap" : "leave a hole"));
            }
            position = entry.end;
        }
        if (position != bytes.limit() - dataStart) {
            throw wrong("expected " + position + " bytes of data, got " + (bytes.limit() - dataStart));
        }
    }

    private Tensor tensor(Entry entry) {
        double[] values = new double[(int) Tensor.count(entry.shape)];
        int at = dataStart + (int) entry.begin;
        for (int i = 0; i < values.length; i++) {
            values[i] = entry.type.equals("F64")
                    ? bytes.getDouble(at + i * Double.BYTES)
                    : bytes.getFloat(at + i * Float.BYTES);
        }
        return new Tensor(entry.shape, values);
    }

    private String text(JsonNode node) {
        if (!node.isTextual()) {
            throw wrong(SafeTensors.METADATA + ": expected texts only");
        }
        return node.textValue();
    }

    private static String of(String name) {
        return "tensor '" + name + "': ";
    }

    private FileFormatException wrong(String problem) {
        return new FileFormatException(file, problem);
    }
}
