package dev.lethe.unlearn.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A sequential network: the shape of one sample, and layers that take each other's output. The last gives one value per
 * class or target.
 *
 * @param input shape of a sample: {@code [features]} or {@code [channels, height, width]}; copied
 * @param layers copied
 */
public record Architecture(int[] input, List<Layer> layers) {

    /**
     * One parameter tensor in the vector θ of all parameters.
     *
     * @param name as in the state_dict of a {@code torch.nn.Sequential}, such as {@code 2.weight}
     * @param layer its position among the layers
     * @param shape Not to be modified.
     * @param offset of its first value in θ; C order
     * @param length its number of values
     */
    public record Slot(String name, int layer, int[] shape, int offset, int length) {}

    public Architecture {
        input = input.clone();
        layers = List.copyOf(layers);
        if (layers.isEmpty() || input.length == 0 || Arrays.stream(input).anyMatch(side -> side < 1)) {
            throw new IllegalArgumentException("architecture: expected an input of positive sides and a layer, got "
                    + Arrays.toString(input) + " and " + layers.size() + " layers");
        }
        int[] last = shapes(input, layers).get(layers.size());
        if (last.length != 1) {
            throw new IllegalArgumentException("architecture: expected the last layer to give one dimension, got "
                    + Arrays.toString(last) + "; add a flatten and a linear layer");
        }
    }

    @Override
    public int[] input() {
        return input.clone();
    }

    /** Values of a sample. */
    public int features() {
        return Arrays.stream(input).reduce(1, Math::multiplyExact);
    }

    /** Values that come out: classes or targets. */
    public int outputs() {
        return shapes(input, layers).get(layers.size())[0];
    }

    /** Shapes before each layer, and after the last. */
    List<int[]> shapes() {
        return shapes(input, layers);
    }

    /** Where each parameter stands in θ. */
    public List<Slot> slots() {
        List<Slot> slots = new ArrayList<>();
        int offset = 0;
        for (int i = 0; i < layers.size(); i++) {
            for (Map.Entry<String, int[]> entry : layers.get(i).parameters().entrySet()) {
                int length = Arrays.stream(entry.getValue()).reduce(1, Math::multiplyExact);
                slots.add(new Slot(i + "." + entry.getKey(), i, entry.getValue(), offset, length));
                offset = Math.addExact(offset, length);
            }
        }
        return slots;
    }

    /** Length of θ. */
    public int parameters() {
        return slots().stream().mapToInt(Slot::length).sum();
    }

    /** How errors call a layer: {@code layer 2 (linear)}. */
    String layerName(int layer) {
        return layerName(layers, layer);
    }

    private static String layerName(List<Layer> layers, int layer) {
        return "layer " + layer + " (" + layers.get(layer).kind() + ")";
    }

    private static List<int[]> shapes(int[] input, List<Layer> layers) {
        List<int[]> shapes = new ArrayList<>();
        shapes.add(input);
        for (int i = 0; i < layers.size(); i++) {
            try {
                shapes.add(layers.get(i).output(shapes.get(i)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(layerName(layers, i) + ": " + e.getMessage(), e);
            }
        }
        return shapes;
    }

    /** A multi-layer perceptron: linear layers of these widths with an activation between them. */
    public static Architecture perceptron(Layer.Pointwise activation, int... widths) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 1; i < widths.length; i++) {
            layers.add(new Layer.Linear(widths[i - 1], widths[i], true));
            if (i < widths.length - 1) {
                layers.add(activation);
            }
        }
        return new Architecture(new int[] {widths[0]}, layers);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Architecture that && Arrays.equals(input, that.input) && layers.equals(that.layers);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(input) + layers.hashCode();
    }
}
