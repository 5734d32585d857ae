package dev.lethe.unlearn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Labels;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Transform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime, which knows nothing of Lethe, says what Lethe's own predictor says. */
class OnnxModelTest {
    private static final int FEATURES = 5;
    private static final int ROWS = 40;
    private static final String WEIGHTS = "weights.safetensors";

    @TempDir
    private Path folder;

    private record Case(Family family, int outputs, Intercept intercept, Transform transform) {}

    static Stream<Case> cases() {
        double[] subtract = {1, -2, 0.5, 0, 3};
        double[] divide = {2, 3, 0.1, 1, -4};
        var l2 = new Transform(subtract, divide, Transform.RowNorm.L2, Transform.LearnedFrom.PUBLIC);
        var scalar =
                new Transform(new double[] {7}, new double[] {2}, Transform.RowNorm.NONE, Transform.LearnedFrom.NONE);
        return Stream.of(Intercept.values())
                .flatMap(i -> Stream.of(Transform.NONE, l2, scalar)
                        .flatMap(t -> Stream.of(
                                new Case(Family.RIDGE, 1, i, t),
                                new Case(Family.RIDGE, 3, i, t),
                                new Case(Family.LOGISTIC, 1, i, t),
                                new Case(Family.SOFTMAX, 4, i, t))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldPredictAsLethe(Case given) throws Exception {
        var objective = new Objective(given.family, FEATURES, given.outputs, given.intercept, 1);
        List<String> classes = classes(given);
        var mapper = new RowMapper(objective, Labels.of(objective, classes), given.transform);
        Random random = new Random(11);
        double[] theta = random.doubles(objective.parameters(), -1, 1).toArray();
        double[][] rows = rows(random, given.transform);
        Files.write(folder.resolve(WEIGHTS), ModelWeights.toSafeTensors(objective, theta, Map.of()));
        Path model = Files.write(folder.resolve("model.onnx"), OnnxModel.of(mapper, classes, WEIGHTS));

        var environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(model.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, rows);
                OrtSession.Result result = session.run(Map.of("features", input))) {
            String logits = given.family == Family.RIDGE ? "prediction" : "logits";
            double[][] got = (double[][]) result.get(logits).orElseThrow().getValue();
            for (int i = 0; i < ROWS; i++) {
                double[] x = mapper.x(rows[i]);
                double[] want = Predictor.logits(objective, theta, x);
                assertThat(got[i]).as("row %d", i).containsExactly(want, within(1e-13));
                if (given.family != Family.RIDGE) {
                    assertClassified(result, i, want, Predictor.classIndex(objective, theta, x));
                }
            }
        }
    }

    private static void assertClassified(OrtSession.Result result, int row, double[] logits, int index)
            throws Exception {
        double[][] probabilities =
                (double[][]) result.get("probabilities").orElseThrow().getValue();
        long[] classes = (long[]) result.get("class").orElseThrow().getValue();
        double[] all = logits.length == 1 ? new double[] {0, logits[0]} : logits;
        double sum = 0;
        for (double logit : all) {
            sum += Math.exp(logit);
        }
        double[] want = new double[all.length];
        for (int k = 0; k < all.length; k++) {
            want[k] = Math.exp(all[k]) / sum;
        }
        assertThat(probabilities[row]).containsExactly(want, within(1e-14));
        assertThat(classes[row]).isEqualTo(index);
    }

    private static List<String> classes(Case given) {
        int count = given.family == Family.RIDGE ? 0 : Math.max(2, given.outputs);
        return IntStream.range(0, count).mapToObj(k -> "class " + k).toList();
    }

    /** The last becomes zero under the transform: it must not be divided by its length. */
    private static double[][] rows(Random random, Transform transform) {
        List<double[]> rows = new ArrayList<>();
        while (rows.size() < ROWS - 1) {
            rows.add(random.doubles(FEATURES, -3, 3).toArray());
        }
        double[] subtract = transform.subtract();
        double[] last = new double[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            last[i] = subtract.length == 0 ? 0 : subtract[subtract.length == 1 ? 0 : i];
        }
        rows.add(last);
        return rows.toArray(double[][]::new);
    }
}
