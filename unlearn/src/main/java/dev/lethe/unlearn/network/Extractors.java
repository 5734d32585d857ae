package dev.lethe.unlearn.network;

import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.objective.Extractor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Opens extractors: TorchScript ({@code .pt}, PyTorch through DJL) and ONNX ({@code .onnx}, ONNX Runtime), each on one
 * thread. A file counts only with the digest that the model names; once open it stays so for the life of the process.
 */
public final class Extractors {

    private static final Map<Key, Extractor> OPEN = new LinkedHashMap<>();

    private Extractors() {}

    private record Key(Path file, String sha256, List<Integer> input) {}

    /**
     * The extractor of a file.
     *
     * @param file .pt or .onnx
     * @param sha256 of the file, hexadecimal, lower case
     * @param input shape of one sample, without the batch
     * @throws FileFormatException if the file is missing, altered, or none that can be run
     */
    public static Extractor open(Path file, String sha256, List<Integer> input) {
        if (input.isEmpty() || input.stream().anyMatch(side -> side < 1)) {
            throw new FileFormatException(file.toString(), "input: expected the sides of a sample, got " + input);
        }
        Key key = new Key(file.toAbsolutePath().normalize(), sha256, List.copyOf(input));
        synchronized (OPEN) {
            Extractor known = OPEN.get(key);
            if (known == null) {
                known = load(key);
                OPEN.put(key, known);
            }
            return known;
        }
    }

    private static Extractor load(Key key) {
        String found = digest(key.file);
        if (!found.equals(key.sha256)) {
            throw new FileFormatException(
                    key.file.toString(),
                    "expected sha256 " + key.sha256 + ", got " + found
                            + "; the file was altered, or it is another one");
        }
        String name = key.file.getFileName().toString();
        int[] shape = key.input.stream().mapToInt(Integer::intValue).toArray();
        if (name.endsWith(".onnx")) {
            return new OnnxExtractor(key.file, key.sha256, shape);
        }
        if (name.endsWith(".pt")) {
            return new TorchScriptExtractor(key.file, key.sha256, shape);
        }
        throw new FileFormatException(key.file.toString(), "expected a .pt (TorchScript) or .onnx file");
    }

    private static String digest(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (DigestInputStream through = new DigestInputStream(in, digest)) {
                through.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new FileFormatException(file.toString(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** [1, …shape]. */
    static long[] batchOfOne(int[] shape) {
        long[] sides = new long[shape.length + 1];
        sides[0] = 1;
        for (int i = 0; i < shape.length; i++) {
            sides[i + 1] = shape[i];
        }
        return sides;
    }

    static int product(int[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    static float[] floats(double[] x) {
        float[] out = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = (float) x[i];
        }
        return out;
    }

    static double[] doubles(float[] x) {
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i];
        }
        return out;
    }
}
