package dev.lethe.unlearn.network;

import dev.lethe.unlearn.format.OnnxModel;
import dev.lethe.unlearn.objective.RowMapper;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A network's graph in ONNX ({@link OnnxModel}), its parameters in the weights file beside it. float64 throughout, but for
 * what ONNX Runtime has in float32 only: conv2d, avgpool and the erf of gelu, good to 1e-6 of their values.
 */
public final class NetworkGraph {

    private final OnnxModel model;
    private final Architecture architecture;
    private final List<String> tensors;

    private NetworkGraph(OnnxModel model, Architecture architecture) {
        this.model = model;
        this.architecture = architecture;
        this.tensors =
                architecture.slots().stream().map(Architecture.Slot::name).toList();
    }

    /**
     * The bytes of a model file; the same bytes for the same definition.
     *
     * @param mapper of the network's rows
     * @param classes label values in the order of the outputs; empty for squared error
     * @param weightsFile name of the weights file in the same folder
     */
    public static byte[] of(Architecture architecture, RowMapper mapper, List<String> classes, String weightsFile) {
        byte[] weights = NetworkWeights.toSafeTensors(architecture, new double[architecture.parameters()], Map.of());
        return OnnxModel.of(
                mapper,
                classes,
                weightsFile,
                weights,
                (model, x, output) -> new NetworkGraph(model, architecture).layers(x, output));
    }

    private void layers(String features, String output) {
        String x = features;
        int[] input = architecture.input();
        if (input.length > 1) {
            model.reshape(
                    "input", x, Arrays.stream(input).asLongStream().boxed().toList());
            x = "input";
        }
        int last = architecture.layers().size() - 1;
        for (int i = 0; i <= last; i++) {
            String next = i == last ? output : "layer." + i;
            layer(i, x, next);
            x = next;
        }
    }

    private void layer(int i, String x, String next) {
        Layer layer = architecture.layers().get(i);
        if (layer instanceof Layer.Linear) {
            model.linear(next, inputs(i, x));
        } else if (layer instanceof Layer.Conv2d conv) {
            inSingle("Conv", next, inputs(i, x), window(conv.kernel(), conv.stride(), conv.padding()));
        } else if (layer instanceof Layer.MaxPool pool) {
            model.add("MaxPool", next, List.of(x), window(pool.kernel(), pool.stride(), 0));
        } else if (layer instanceof Layer.AvgPool pool) {
            inSingle("AveragePool", next, List.of(x), window(pool.kernel(), pool.stride(), 0));
        } else if (layer instanceof Layer.LayerNorm) {
            model.normalise(next, inputs(i, x), Layer.LayerNorm.EPSILON);
        } else if (layer instanceof Layer.Gelu) {
            gelu(x, next);
        } else {
            model.add(plain(layer), next, List.of(x), Map.of());
        }
    }

    private static String plain(Layer layer) {
        if (layer instanceof Layer.Relu) {
            return "Relu";
        }
        return layer instanceof Layer.Tanh ? "Tanh" : "Flatten";
    }

    /** x/2·(1 + erf(x/√2)). */
    private void gelu(String x, String next) {
        model.constant(next + ".root", Math.sqrt(0.5));
        model.constant(next + ".one", 1);
        model.constant(next + ".half", 0.5);
        model.add("Mul", next + ".scaled", List.of(x, next + ".root"), Map.of());
        inSingle("Erf", next + ".erf", List.of(next + ".scaled"), Map.of());
        model.add("Add", next + ".sum", List.of(next + ".erf", next + ".one"), Map.of());
        model.add("Mul", next + ".product", List.of(next + ".sum", x), Map.of());
        model.add("Mul", next, List.of(next + ".product", next + ".half"), Map.of());
    }

    /** An operator that ONNX Runtime has in float32 only. */
    private void inSingle(String operator, String next, List<String> inputs, Map<String, List<Long>> attributes) {
        List<String> single =
                inputs.stream().map(value -> model.cast(value, true)).toList();
        model.add(operator, next + ".value", single, attributes);
        model.add("Identity", next, List.of(model.cast(next + ".value", false)), Map.of());
    }

    private List<String> inputs(int layer, String x) {
        List<String> own =
                tensors.stream().filter(name -> name.startsWith(layer + ".")).toList();
        return Stream.concat(Stream.of(x), own.stream()).toList();
    }

    private static Map<String, List<Long>> window(int kernel, int stride, int padding) {
        // In one order, for the same bytes.
        return new TreeMap<>(Map.of(
                "kernel_shape", Collections.nCopies(2, (long) kernel),
                "pads", Collections.nCopies(4, (long) padding),
                "strides", Collections.nCopies(2, (long) stride)));
    }
}
