package dev.lethe.unlearn.network;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.objective.Extractor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** An ONNX model with one float32 input; its first output is the embedding. */
final class OnnxExtractor implements Extractor {

    private final String sha256;
    private final int[] shape;
    private final OrtSession session;
    private final String input;
    private final int outputs;

    OnnxExtractor(Path file, String sha256, int[] shape) {
        this.sha256 = sha256;
        this.shape = shape;
        this.session = load(file);
        this.input = session.getInputNames().iterator().next();
        try {
            this.outputs = run(new double[inputs()]).length;
        } catch (OrtException e) {
            throw new FileFormatException(
                    file.toString(),
                    "does not run on a sample of shape " + Arrays.toString(shape) + ": "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static OrtSession load(Path file) {
        try {
            return OnnxRuntime.open(file);
        } catch (OrtException e) {
            throw new FileFormatException(file.toString(), "expected an ONNX model that ONNX Runtime can load");
        }
    }

    @Override
    public int inputs() {
        return Extractors.product(shape);
    }

    @Override
    public int outputs() {
        return outputs;
    }

    @Override
    public double[] apply(double[] x) {
        try {
            return run(x);
        } catch (OrtException e) {
            throw new NetworkException("extractor: ONNX Runtime failed on a sample that had its shape", e);
        }
    }

    private double[] run(double[] x) throws OrtException {
        FloatBuffer values = FloatBuffer.wrap(Extractors.floats(x));
        try (OnnxTensor tensor =
                        OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, Extractors.batchOfOne(shape));
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            FloatBuffer out = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] embedding = new float[out.remaining()];
            out.get(embedding);
            return Extractors.doubles(embedding);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OnnxExtractor that && sha256.equals(that.sha256) && Arrays.equals(shape, that.shape);
    }

    @Override
    public int hashCode() {
        return sha256.hashCode();
    }
}
