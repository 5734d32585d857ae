package dev.lethe.unlearn.format;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Transform;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * A model's graph in ONNX, without its parameters: they are external data in the weights file beside it, so that all
 * versions of a model share one graph and a new version is a new weights file.
 *
 * <p>Input {@code features} [rows, N], float64 and raw: the transform is part of the graph. Outputs: ridge, and squared error,
 * {@code prediction} [rows, K]; logistic, softmax and cross-entropy {@code logits} [rows, K], {@code probabilities} [rows, classes] and
 * {@code class} [rows], an index into the metadata entry {@code classes}. Rows whose length is below 2.2e-308 are not
 * brought to length 1.
 */
public final class OnnxModel {
    /** Operator set of ONNX that the graph uses. */
    public static final int OPSET = 17;

    /** Of ONNX 1.12, the first with that operator set. */
    private static final int IR_VERSION = 8;

    private static final String FEATURES = "features";
    private static final String LOGITS = "logits";
    private static final String ZERO = "zero";

    private final RowMapper mapper;
    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("lethe");

    /** What stands between the transformed features and the outputs. */
    public interface Body {
        /**
         * Adds its nodes.
         *
         * @param x name of the transformed features
         * @param output what the name of its last value has to be
         */
        void add(OnnxModel model, String x, String output);
    }

    private OnnxModel(RowMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * The bytes of a model file; the same bytes for the same definition.
     *
     * @param classes label values in the order of the outputs; empty for ridge
     * @param weightsFile name of the weights file in the same folder
     */
    public static byte[] of(RowMapper mapper, List<String> classes, String weightsFile) {
        SortedMap<String, SafeTensors.Span> spans = ModelWeights.spans(mapper.objective());
        boolean bias = spans.containsKey(ModelWeights.BIAS);
        Body linear = (model, x, output) -> model.linear(
                output, bias ? List.of(x, ModelWeights.WEIGHT, ModelWeights.BIAS) : List.of(x, ModelWeights.WEIGHT));
        return new OnnxModel(mapper).build(classes, weightsFile, spans, linear);
    }

    /**
     * The same of another kind of model.
     *
     * @param mapper of its rows: softmax for class labels, ridge for targets
     * @param weights a weights file of the model, whatever its values: its tensors can be named as inputs
     */
    public static byte[] of(RowMapper mapper, List<String> classes, String weightsFile, byte[] weights, Body body) {
        return new OnnxModel(mapper).build(classes, weightsFile, SafeTensors.spans(weights), body);
    }

    private byte[] build(
            List<String> classes, String weightsFile, SortedMap<String, SafeTensors.Span> spans, Body body) {
        graph.addInput(
                value(FEATURES, TensorProto.DataType.DOUBLE, mapper.objective().features()));
        String x = transformed();
        spans.forEach((name, span) -> graph.addInitializer(external(name, span, weightsFile)));
        boolean ridge = mapper.objective().family() == Family.RIDGE;
        String logits = ridge ? "prediction" : LOGITS;
        body.add(this, x, logits);
        graph.addOutput(
                value(logits, TensorProto.DataType.DOUBLE, mapper.objective().outputs()));
        if (!ridge) {
            classify(classes.size());
        }
        var model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("lethe");
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));
        for (int i = 0; i < classes.size(); i++) {
            model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey("classes." + i).setValue(classes.get(i)));
        }
        return model.setGraph(graph).build().toByteArray();
    }

    private String transformed() {
        Transform transform = mapper.transform();
        String x = constant(FEATURES, "Sub", "transform.subtract", transform.subtract());
        x = constant(x, "Div", "transform.divide", transform.divide());
        if (transform.rowNorm() == Transform.RowNorm.L2) {
            graph.addInitializer(inline("smallest", Double.MIN_NORMAL));
            node("ReduceL2", "length", x)
                    .addAttribute(AttributeProto.newBuilder()
                            .setName("axes")
                            .setType(AttributeType.INTS)
                            .addInts(1))
                    .addAttribute(attribute("keepdims", 1));
            node("Max", "divisor", "length", "smallest");
            node("Div", "normalised", x, "divisor");
            x = "normalised";
        }
        return x;
    }

    private String constant(String x, String operator, String name, double[] values) {
        if (values.length == 0) {
            return x;
        }
        graph.addInitializer(inline(name, values));
        node(operator, name + ".out", x, name);
        return name + ".out";
    }

    private void classify(int classes) {
        if (mapper.objective().family() == Family.LOGISTIC) {
            logistic();
        } else {
            node("Softmax", "probabilities", LOGITS).addAttribute(attribute("axis", 1));
            node("ArgMax", "class", LOGITS).addAttribute(attribute("axis", 1)).addAttribute(attribute("keepdims", 0));
        }
        graph.addOutput(value("probabilities", TensorProto.DataType.DOUBLE, classes));
        graph.addOutput(value("class", TensorProto.DataType.INT64));
    }

    private void logistic() {
        node("Neg", "opposite", LOGITS);
        node("Sigmoid", "first", "opposite");
        node("Sigmoid", "second", LOGITS);
        node("Concat", "probabilities", "first", "second").addAttribute(attribute("axis", 1));
        graph.addInitializer(inline(ZERO, 0));
        graph.addInitializer(TensorProto.newBuilder()
                .setName("one-axis")
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(1)
                .addInt64Data(1));
        node("Greater", "positive", LOGITS, ZERO);
        node("Cast", "index", "positive").addAttribute(attribute("to", TensorProto.DataType.INT64.getNumber()));
        node("Squeeze", "class", "index", "one-axis");
    }

    /** x·Wᵀ + b. @param inputs x, W and perhaps b */
    public void linear(String output, List<String> inputs) {
        node("Gemm", output, inputs.toArray(String[]::new)).addAttribute(attribute("transB", 1));
    }

    /** A node of one output, which has its name. @param attributes lists of integers, by name */
    public void add(String operator, String output, List<String> inputs, Map<String, List<Long>> attributes) {
        NodeProto.Builder node = node(operator, output, inputs.toArray(String[]::new));
        attributes.forEach((name, values) -> node.addAttribute(AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(values)));
    }

    /** Normalises the last dimension. @param inputs x, γ and β */
    public void normalise(String output, List<String> inputs, float epsilon) {
        node("LayerNormalization", output, inputs.toArray(String[]::new))
                .addAttribute(attribute("axis", -1))
                .addAttribute(AttributeProto.newBuilder()
                        .setName("epsilon")
                        .setType(AttributeType.FLOAT)
                        .setF(epsilon));
    }

    /** The same values in another precision. @return the name of the new value */
    public String cast(String value, boolean toSingle) {
        String output = value + (toSingle ? ".single" : ".double");
        var type = toSingle ? TensorProto.DataType.FLOAT : TensorProto.DataType.DOUBLE;
        node("Cast", output, value).addAttribute(attribute("to", type.getNumber()));
        return output;
    }

    /** A number that nodes can take as an input. */
    public void constant(String name, double value) {
        graph.addInitializer(inline(name, value));
    }

    /** x with other dimensions behind the rows. */
    public void reshape(String output, String x, List<Long> sides) {
        var shape = TensorProto.newBuilder()
                .setName(output + ".shape")
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(sides.size() + 1)
                .addInt64Data(-1)
                .addAllInt64Data(sides);
        graph.addInitializer(shape);
        node("Reshape", output, x, output + ".shape");
    }

    private NodeProto.Builder node(String operator, String output, String... inputs) {
        return graph.addNodeBuilder()
                .setOpType(operator)
                .setName(output)
                .addAllInput(List.of(inputs))
                .addOutput(output);
    }

    private static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    private static TensorProto inline(String name, double... values) {
        var tensor = TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.DOUBLE.getNumber());
        tensor.addDims(values.length);
        for (double value : values) {
            tensor.addDoubleData(value);
        }
        return tensor.build();
    }

    /** ONNX keeps raw data as safetensors does: little-endian, C order. */
    private static TensorProto external(String name, SafeTensors.Span span, String file) {
        var tensor = TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.DOUBLE.getNumber());
        for (long length : span.shape()) {
            tensor.addDims(length);
        }
        return tensor.setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", file))
                .addExternalData(entry("offset", String.valueOf(span.offset())))
                .addExternalData(entry("length", String.valueOf(span.length())))
                .build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /** A value with a free number of rows. */
    private static ValueInfoProto value(String name, TensorProto.DataType type, long... rest) {
        var shape = TensorShapeProto.newBuilder();
        shape.addDimBuilder().setDimParam("rows");
        for (long length : rest) {
            shape.addDimBuilder().setDimValue(length);
        }
        var tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape);
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }
}
