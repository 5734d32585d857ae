package dev.lethe.unlearn.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes, all little-endian.
 *
 * <p>Writing is deterministic, so that equal parameters give equal bytes and one digest: tensors and metadata sorted by
 * name, F64 in C order, the header padded with spaces so that the data starts at a multiple of 8. Reading is
 * {@link SafeTensorsReader}'s.
 */
public final class SafeTensors {
    static final String METADATA = "__metadata__";
    static final int LENGTH_BYTES = 8;
    private static final ObjectMapper JSON = new ObjectMapper();

    private SafeTensors() {}

    /**
     * What a file holds.
     *
     * @param tensors by name
     * @param metadata the text entries of the header
     */
    public record Content(SortedMap<String, Tensor> tensors, SortedMap<String, String> metadata) {}

    /**
     * Where a tensor's bytes lie in a file.
     *
     * @param offset from the file's beginning
     * @param length bytes
     * @param shape lengths of the dimensions; not copied
     */
    record Span(long offset, long length, long[] shape) {}

    /** Where the tensors of a file lie, by name. */
    static SortedMap<String, Span> spans(byte[] content) {
        SortedMap<String, Span> spans = new TreeMap<>();
        long at = LENGTH_BYTES
                + ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        for (var entry : SafeTensorsReader.read("weights", content).tensors().entrySet()) {
            long length = (long) entry.getValue().values().length * Double.BYTES;
            spans.put(entry.getKey(), new Span(at, length, entry.getValue().shape()));
            at += length;
        }
        return spans;
    }

    /**
     * The bytes of a file.
     *
     * @param tensors by name; their order does not matter
     * @param metadata text entries of the header, may be empty
     */
    public static byte[] write(Map<String, Tensor> tensors, Map<String, String> metadata) {
        SortedMap<String, Tensor> sorted = new TreeMap<>(tensors);
        if (sorted.containsKey(METADATA)) {
            throw new IllegalArgumentException("tensor name: " + METADATA + " is reserved by the format");
        }
        byte[] header = header(shapes(sorted), "F64", metadata);
        long size = LENGTH_BYTES + (long) header.length;
        for (Tensor tensor : sorted.values()) {
            size += (long) tensor.values().length * Double.BYTES;
        }
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(header.length).put(header);
        for (Tensor tensor : sorted.values()) {
            for (double value : tensor.values()) {
                out.putDouble(value);
            }
        }
        return out.array();
    }

    private static SortedMap<String, long[]> shapes(SortedMap<String, Tensor> tensors) {
        SortedMap<String, long[]> shapes = new TreeMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return shapes;
    }

    /** The header of tensors of 8-byte values. */
    static byte[] header(SortedMap<String, long[]> shapes, String type, Map<String, String> metadata) {
        ObjectNode root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode entries = root.putObject(METADATA);
            new TreeMap<>(metadata).forEach(entries::put);
        }
        long offset = 0;
        for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
            ObjectNode node = root.putObject(entry.getKey()).put("dtype", type);
            ArrayNode shape = node.putArray("shape");
            for (long length : entry.getValue()) {
                shape.add(length);
            }
            long end = offset + Tensor.count(entry.getValue()) * Double.BYTES;
            node.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        return padded(root);
    }

    private static byte[] padded(ObjectNode root) {
        try {
            byte[] json = JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
            byte[] header = Arrays.copyOf(json, (json.length + LENGTH_BYTES - 1) / LENGTH_BYTES * LENGTH_BYTES);
            Arrays.fill(header, json.length, header.length, (byte) ' ');
            return header;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers always has a JSON form", e);
        }
    }
}
