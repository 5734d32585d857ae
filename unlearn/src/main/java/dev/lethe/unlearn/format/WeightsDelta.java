package dev.lethe.unlearn.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What leads from one weights file to another of the same shape: a safetensors file with the same tensors, as U64, whose
 * values are the exclusive or of both files' bits. Unlike a difference of numbers it leads to exactly the other file, in
 * both directions. The metadata name both files by their SHA-256.
 */
public final class WeightsDelta {
    private static final String BASE = "base";
    private static final String TARGET = "target";
    private static final String TYPE = "U64";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Both digests and the tensors' names: more is not there. */
    private static final int MAX_HEADER_BYTES = 1 << 16;

    private WeightsDelta() {}

    /**
     * The delta file.
     *
     * @param base a weights file. Not modified.
     * @param target another with the same header. Not modified.
     * @throws IllegalArgumentException if the headers differ: the files belong to models of different shapes
     */
    public static byte[] between(byte[] base, byte[] target) {
        int start = dataStart("base", base);
        if (base.length != target.length || !Arrays.equals(base, 0, start, target, 0, start)) {
            throw new IllegalArgumentException("delta: expected two weights files of one shape, got " + base.length
                    + " and " + target.length + " bytes, or different headers");
        }
        byte[] header = header(base, ModelWeights.digest(base), ModelWeights.digest(target));
        byte[] delta = new byte[SafeTensors.LENGTH_BYTES + header.length + base.length - start];
        ByteBuffer.wrap(delta)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header);
        exclusiveOr(base, target, start, delta, SafeTensors.LENGTH_BYTES + header.length);
        return delta;
    }

    /**
     * The other file. In time linear in its size: one exclusive or and one digest, besides one digest of the base.
     *
     * @param base the file in hand. Not modified.
     * @param baseDigest its SHA-256, which the caller has checked before
     * @param delta not modified
     * @param expected SHA-256 of the file that must come out
     * @throws FileFormatException if the delta is damaged, or leads from another file, or to another one
     */
    public static byte[] apply(byte[] base, String baseDigest, byte[] delta, String expected) {
        int start = dataStart("base", base);
        int deltaStart = dataStart("delta", delta);
        byte[] header = header(base, baseDigest, expected);
        byte[] reverse = header(base, expected, baseDigest);
        byte[] got = Arrays.copyOfRange(delta, SafeTensors.LENGTH_BYTES, deltaStart);
        if (delta.length - deltaStart != base.length - start
                || !Arrays.equals(got, header) && !Arrays.equals(got, reverse)) {
            throw new FileFormatException(
                    "delta",
                    "expected one between " + baseDigest + " and " + expected + " with " + (base.length - start)
                            + " bytes of data, got " + names(got) + " with " + (delta.length - deltaStart));
        }
        byte[] target = base.clone();
        exclusiveOr(base, delta, start, deltaStart, target);
        String digest = ModelWeights.digest(target);
        if (!digest.equals(expected)) {
            throw new FileFormatException(
                    "delta", "expected to come to digest " + expected + ", came to " + digest + "; it is damaged");
        }
        return target;
    }

    private static void exclusiveOr(byte[] a, byte[] b, int start, byte[] out, int at) {
        for (int i = start; i < a.length; i++) {
            out[at + i - start] = (byte) (a[i] ^ b[i]);
        }
    }

    private static void exclusiveOr(byte[] base, byte[] delta, int start, int deltaStart, byte[] out) {
        for (int i = start; i < base.length; i++) {
            out[i] = (byte) (base[i] ^ delta[i - start + deltaStart]);
        }
    }

    private static byte[] header(byte[] weights, String base, String target) {
        SortedMap<String, long[]> shapes = new TreeMap<>();
        SafeTensors.spans(weights).forEach((name, span) -> shapes.put(name, span.shape()));
        return SafeTensors.header(shapes, TYPE, Map.of(BASE, base, TARGET, target));
    }

    private static int dataStart(String name, byte[] file) {
        long length = file.length < SafeTensors.LENGTH_BYTES
                ? -1
                : ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        if (length < 2 || length > Math.min(MAX_HEADER_BYTES, file.length - SafeTensors.LENGTH_BYTES)) {
            throw new FileFormatException(
                    name, "header length: expected 2 to the file's " + file.length + " bytes, got " + length);
        }
        return SafeTensors.LENGTH_BYTES + (int) length;
    }

    /** What a delta says of itself, for an error. */
    private static String names(byte[] header) {
        try {
            JsonNode metadata = JSON.readTree(header).path(SafeTensors.METADATA);
            return "one between " + metadata.path(BASE).asText("?") + " and "
                    + metadata.path(TARGET).asText("?");
        } catch (IOException e) {
            return "an unreadable header";
        }
    }
}
