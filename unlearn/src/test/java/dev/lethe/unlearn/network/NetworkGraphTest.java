package dev.lethe.unlearn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Labels;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Transform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime, which knows nothing of Lethe, says what Lethe's own network says, for every kind of layer. */
class NetworkGraphTest {
    private static final int ROWS = 12;
    private static final String WEIGHTS = "weights.safetensors";
    /** Half of them compute in float32 on the way. */
    private static final double SINGLE = 1e-5;

    private static final Transform TRANSFORM =
            new Transform(new double[] {0.5}, new double[] {2}, Transform.RowNorm.NONE, Transform.LearnedFrom.PUBLIC);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.network.Networks#all")
    void shouldPredictAsTheNetwork(Network network) throws Exception {
        Architecture architecture = network.architecture();
        boolean targets = network.loss() == NetworkLoss.SQUARED_ERROR;
        int outputs = architecture.outputs();
        var shape = new Objective(
                targets ? Family.RIDGE : Family.SOFTMAX, architecture.features(), outputs, Intercept.NONE, 1);
        List<String> classes = targets
                ? List.of()
                : IntStream.range(0, outputs).mapToObj(k -> "class " + k).toList();
        var mapper = new RowMapper(shape, Labels.of(shape, classes), TRANSFORM);
        Random random = new Random(11);
        double[][] raw = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            raw[i] = random.doubles(architecture.features(), -3, 3).toArray();
        }
        Files.write(folder.resolve(WEIGHTS), NetworkWeights.toSafeTensors(architecture, network.theta(), Map.of()));
        byte[] graph = NetworkGraph.of(architecture, mapper, classes, WEIGHTS);
        assertThat(NetworkGraph.of(architecture, mapper, classes, WEIGHTS)).isEqualTo(graph);
        Path model = Files.write(folder.resolve("model.onnx"), graph);

        List<Row> rows = Arrays.stream(raw)
                .map(x -> new Row(mapper.x(x), new double[] {0}, 1))
                .toList();
        double[] want = network.logits(rows);
        var environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(model.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, raw);
                OrtSession.Result result = session.run(Map.of("features", input))) {
            double[][] got = (double[][])
                    result.get(targets ? "prediction" : "logits").orElseThrow().getValue();
            double tolerance = single(architecture) ? SINGLE : 1e-12;
            for (int i = 0; i < ROWS; i++) {
                double[] one = Arrays.copyOfRange(want, i * outputs, (i + 1) * outputs);
                assertThat(got[i]).as("row %d", i).containsExactly(one, within(tolerance));
                if (!targets) {
                    double[][] p = (double[][])
                            result.get("probabilities").orElseThrow().getValue();
                    assertThat(p[i]).containsExactly(network.probabilities(want, i), within(tolerance));
                }
            }
        }
    }

    private static boolean single(Architecture architecture) {
        return architecture.layers().stream()
                .anyMatch(layer ->
                        layer instanceof Layer.Conv2d || layer instanceof Layer.AvgPool || layer instanceof Layer.Gelu);
    }
}
