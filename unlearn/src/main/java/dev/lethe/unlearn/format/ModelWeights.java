package dev.lethe.unlearn.format;

import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * θ as a weights file: tensors {@code weight} [K, N] and, with an intercept, {@code bias} [K]. Ridge with one output and
 * logistic have K = 1.
 */
public final class ModelWeights {
    /** Name of the K × N matrix. */
    static final String WEIGHT = "weight";
    /** Name of the K intercepts. */
    static final String BIAS = "bias";

    private ModelWeights() {}

    /**
     * The weights file.
     *
     * @param objective shapes
     * @param theta K × d row-major, the constant last. Not modified.
     * @param metadata text entries of the header
     */
    public static byte[] toSafeTensors(Objective objective, double[] theta, Map<String, String> metadata) {
        if (theta.length != objective.parameters()) {
            throw new IllegalArgumentException(
                    "theta: expected " + objective.parameters() + " values, got " + theta.length);
        }
        int outputs = objective.outputs();
        int features = objective.features();
        double[] weight = new double[outputs * features];
        double[] bias = new double[outputs];
        for (int k = 0; k < outputs; k++) {
            System.arraycopy(theta, k * objective.columns(), weight, k * features, features);
            bias[k] = theta[(k + 1) * objective.columns() - 1];
        }
        Map<String, Tensor> tensors = new TreeMap<>();
        tensors.put(WEIGHT, new Tensor(new long[] {outputs, features}, weight));
        if (objective.intercept() != Intercept.NONE) {
            tensors.put(BIAS, new Tensor(new long[] {outputs}, bias));
        }
        return SafeTensors.write(tensors, metadata);
    }

    /** Where the tensors' bytes lie in every weights file of an objective that has no metadata. */
    static SortedMap<String, SafeTensors.Span> spans(Objective objective) {
        return SafeTensors.spans(toSafeTensors(objective, new double[objective.parameters()], Map.of()));
    }

    /**
     * θ of a weights file, also of one written elsewhere: with K = 1 {@code weight} may be [N] and {@code bias} a scalar.
     *
     * @param file a safetensors file
     * @param objective the shapes expected
     */
    public static double[] read(Path file, Objective objective) {
        return theta(file.toString(), SafeTensorsReader.read(file), objective);
    }

    /** As {@link #read(Path, Objective)}, from bytes; the name is for errors. */
    public static double[] read(String name, byte[] content, Objective objective) {
        return theta(name, SafeTensorsReader.read(name, content), objective);
    }

    /** SHA-256, in hexadecimal. */
    public static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static double[] theta(String file, SafeTensors.Content content, Objective objective) {
        boolean withBias = objective.intercept() != Intercept.NONE;
        Set<String> expected = withBias ? Set.of(WEIGHT, BIAS) : Set.of(WEIGHT);
        if (!content.tensors().keySet().equals(expected)) {
            throw new FileFormatException(
                    file,
                    "expected tensors " + new TreeSet<>(expected) + " for intercept " + objective.intercept() + ", got "
                            + content.tensors().keySet());
        }
        double[] weight = values(file, WEIGHT, content, objective.outputs(), objective.features());
        double[] bias = withBias ? values(file, BIAS, content, objective.outputs()) : new double[0];
        double[] theta = new double[objective.parameters()];
        for (int k = 0; k < objective.outputs(); k++) {
            int start = k * objective.columns();
            System.arraycopy(weight, k * objective.features(), theta, start, objective.features());
            if (withBias) {
                theta[start + objective.features()] = bias[k];
            }
        }
        return theta;
    }

    private static double[] values(String file, String name, SafeTensors.Content content, long... shape) {
        Tensor tensor = content.tensors().get(name);
        long[] withoutOutputs = Arrays.copyOfRange(shape, 1, shape.length);
        boolean single = shape[0] == 1 && Arrays.equals(tensor.shape(), withoutOutputs);
        if (!single && !Arrays.equals(tensor.shape(), shape)) {
            throw new FileFormatException(
                    file,
                    "tensor '" + name + "': expected shape " + Arrays.toString(shape) + ", got "
                            + Arrays.toString(tensor.shape()));
        }
        for (double value : tensor.values()) {
            if (!Double.isFinite(value)) {
                throw new FileFormatException(file, "tensor '" + name + "': expected finite numbers, got " + value);
            }
        }
        return tensor.values();
    }
}
