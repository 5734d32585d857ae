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

/**
 * A model's graph in ONNX, without its parameters: they are external data in the weights file beside it, so that all
 * versions of a model share one graph and a new version is a new weights file.
 *
 * <p>Input {@code features} [rows, N], float64 and raw: the transform is part of the graph. Outputs: ridge
 * {@code prediction} [rows, K]; logistic and softmax {@code logits} [rows, K], {@code probabilities} [rows, classes] and
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
        return new OnnxModel(mapper).build(classes, weightsFile);
    }

    private byte[] build(List<String> classes, String weightsFile) {
        graph.addInput(
                value(FEATURES, TensorProto.DataType.DOUBLE, mapper.objective().features()));
        String x = transformed();
        ModelWeights.spans(mapper.objective())
                .forEach((name, span) -> graph.addInitializer(external(name, span, weightsFile)));
        boolean ridge = mapper.objective().family() == Family.RIDGE;
        String logits = ridge ? "prediction" : LOGITS;
        boolean bias =
                graph.getInitializerList().stream().anyMatch(t -> t.getName().equals(ModelWeights.BIAS));
        String[] inputs =
                bias ? new String[] {x, ModelWeights.WEIGHT, ModelWeights.BIAS} : new String[] {x, ModelWeights.WEIGHT};
        node("Gemm", logits, inputs).addAttribute(attribute("transB", 1));
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
