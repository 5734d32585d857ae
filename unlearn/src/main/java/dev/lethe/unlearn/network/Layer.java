package dev.lethe.unlearn.network;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One layer of a sequential network, with the meaning of its namesake in {@code torch.nn}. Shapes are those of one
 * sample, without the batch.
 */
public sealed interface Layer {

    /** As in a model file and in errors. */
    String kind();

    /**
     * The shape of what comes out.
     *
     * @param input Not modified.
     * @throws IllegalArgumentException if the layer cannot take this shape
     */
    int[] output(int[] input);

    /** Shapes of the parameters by their name in a state_dict, in PyTorch's order. */
    default Map<String, int[]> parameters() {
        return Map.of();
    }

    /** y = Wx + b. */
    record Linear(int inputs, int outputs, boolean bias) implements Layer {
        public Linear {
            requirePositive("inputs", inputs);
            requirePositive("outputs", outputs);
        }

        @Override
        public String kind() {
            return "linear";
        }

        @Override
        public int[] output(int[] input) {
            require(input.length == 1 && input[0] == inputs, "one dimension of " + inputs, input);
            return new int[] {outputs};
        }

        @Override
        public Map<String, int[]> parameters() {
            return weightAndBias(new int[] {outputs, inputs}, bias ? outputs : 0);
        }
    }

    /** Cross-correlation with square kernels; channels first. */
    record Conv2d(int inputs, int outputs, int kernel, int stride, int padding, boolean bias) implements Layer {
        public Conv2d {
            requirePositive("inputs", inputs);
            requirePositive("outputs", outputs);
            requirePositive("kernel", kernel);
            requirePositive("stride", stride);
            requireSize("padding", padding, 0);
        }

        @Override
        public String kind() {
            return "conv2d";
        }

        @Override
        public int[] output(int[] input) {
            require(input.length == 3 && input[0] == inputs, inputs + " channels x height x width", input);
            return new int[] {outputs, slid(input, 1, kernel, stride, padding), slid(input, 2, kernel, stride, padding)
            };
        }

        @Override
        public Map<String, int[]> parameters() {
            return weightAndBias(new int[] {outputs, inputs, kernel, kernel}, bias ? outputs : 0);
        }
    }

    /** max(0, x). */
    record Relu() implements Pointwise {
        @Override
        public String kind() {
            return "relu";
        }
    }

    /** tanh x. */
    record Tanh() implements Pointwise {
        @Override
        public String kind() {
            return "tanh";
        }
    }

    /** x·Φ(x), the exact form (PyTorch's default). */
    record Gelu() implements Pointwise {
        @Override
        public String kind() {
            return "gelu";
        }
    }

    /** Maxima of square windows, without padding. */
    record MaxPool(int kernel, int stride) implements Layer {
        public MaxPool {
            requirePositive("kernel", kernel);
            requirePositive("stride", stride);
        }

        @Override
        public String kind() {
            return "maxpool";
        }

        @Override
        public int[] output(int[] input) {
            return pooled(input, kernel, stride);
        }
    }

    /** Means of square windows, without padding. */
    record AvgPool(int kernel, int stride) implements Layer {
        public AvgPool {
            requirePositive("kernel", kernel);
            requirePositive("stride", stride);
        }

        @Override
        public String kind() {
            return "avgpool";
        }

        @Override
        public int[] output(int[] input) {
            return pooled(input, kernel, stride);
        }
    }

    /** All dimensions as one. */
    record Flatten() implements Layer {
        @Override
        public String kind() {
            return "flatten";
        }

        @Override
        public int[] output(int[] input) {
            return new int[] {product(input)};
        }
    }

    /** γ·(x − mean)/√(variance + 1e-5) + β over the one dimension that there is. */
    record LayerNorm(int size) implements Layer {
        /** PyTorch's default. */
        static final float EPSILON = 1e-5f;

        public LayerNorm {
            requirePositive("size", size);
        }

        @Override
        public String kind() {
            return "layernorm";
        }

        @Override
        public int[] output(int[] input) {
            require(input.length == 1 && input[0] == size, "one dimension of " + size, input);
            return input.clone();
        }

        @Override
        public Map<String, int[]> parameters() {
            return weightAndBias(new int[] {size}, size);
        }
    }

    /** Works on each value alone. */
    sealed interface Pointwise extends Layer {
        @Override
        default int[] output(int[] input) {
            return input.clone();
        }
    }

    private static Map<String, int[]> weightAndBias(int[] weight, int bias) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("weight", weight);
        if (bias > 0) {
            shapes.put("bias", new int[] {bias});
        }
        return shapes;
    }

    private static int[] pooled(int[] input, int kernel, int stride) {
        require(input.length == 3, "channels x height x width", input);
        return new int[] {input[0], slid(input, 1, kernel, stride, 0), slid(input, 2, kernel, stride, 0)};
    }

    private static int slid(int[] input, int dimension, int kernel, int stride, int padding) {
        int room = input[dimension] + 2 * padding - kernel;
        require(room >= 0, "sides of at least " + (kernel - 2 * padding), input);
        return room / stride + 1;
    }

    private static int product(int[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    private static void require(boolean rule, String expected, int[] input) {
        if (!rule) {
            throw new IllegalArgumentException("expected " + expected + ", got " + Arrays.toString(input));
        }
    }

    private static void requirePositive(String key, int value) {
        requireSize(key, value, 1);
    }

    private static void requireSize(String key, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(key + ": expected at least " + least + ", got " + value);
        }
    }
}
