package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Settler;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model too large for a dense factor, 5 classes with 600 features, against models retrained from what is left. */
class LargeModelTest extends RiverCase {
    private static final long SEED = 20261123;
    private static final int FEATURES = 600;
    private static final List<String> CLASSES = List.of("a", "b", "c", "d", "e");

    LargeModelTest() {
        super(SEED);
    }

    private static ModelSpec model(ModelIntercept intercept, SettlePolicy settle) {
        return River.model("m", ModelFamily.SOFTMAX, FEATURES, 2)
                .setClasses(CLASSES)
                .setIntercept(intercept)
                .setSettle(settle)
                .build();
    }

    private void load(int count) {
        load("s", count);
    }

    private void load(String prefix, int count) {
        for (int i = 0; i < count; i++) {
            int shift = i % CLASSES.size();
            double[] x = random.doubles(FEATURES, -0.1, 0.1).toArray();
            x[shift] += 0.5;
            put(River.sample(prefix + i, "u" + i % 7, CLASSES.get(shift), x));
        }
    }

    /** Every published version is settled, so there is nothing to wait for. */
    private void shouldEqualRetrained(ModelSpec spec) {
        latestShouldEqualRetrained(spec);
        shouldBeSettled(spec, river.theta(spec.getModelId()));
    }

    /** Independent of every solver: the gradient at the published parameters, over the rows that should be left. */
    private void shouldBeSettled(ModelSpec spec, double[] theta) {
        var objective = Specs.objective(spec);
        var mapper = Specs.mapper(spec);
        try (var pass = new PassAccumulator(objective, theta, false, false)) {
            for (Sample s : expected.values()) {
                pass.add(((Fits) mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight())).row());
            }
            try (Anchor at = Anchor.at(objective, theta, null, pass.sums())) {
                assertThat(at.gradientNorm()).isLessThanOrEqualTo(Settler.tolerance(at) + at.roundingSlack());
                assertThat(river.latest("m").getResidualMeasured()).isCloseTo(at.gradientNorm(), within(1e-12));
                assertThat(river.latest("m").getRows()).isEqualTo(at.rows());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ModelIntercept.class)
    void shouldFitDeleteAndRelabel(ModelIntercept intercept) {
        ModelSpec spec = model(intercept, SettlePolicy.AUTO);
        load(200);
        open(spec);
        assertThat(river.latest("m").getKind()).isEqualTo(VersionKind.REFIT);
        shouldEqualRetrained(spec);

        Receipt deleted = river.delete("r1", "s3", "s17");
        assertThat(deleted.getStatus()).as("%s", deleted).isEqualTo(ReceiptStatus.APPLIED);
        expected.keySet().removeAll(List.of("s3", "s17"));
        shouldEqualRetrained(spec);
        ModelVersion version = river.latest("m");
        assertThat(version.getKind()).isEqualTo(VersionKind.SETTLED);
        assertThat(version.getMethod()).contains("conjugate gradients");
        assertThat(version.getDistanceBound() != null).isEqualTo(intercept != ModelIntercept.FREE);
        assertThat(version.getReasonCode()).isNull();

        assertThat(river.relabel("r2", "s5", "b").getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        expectLabel("s5", "b");
        shouldEqualRetrained(spec);
        assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
    }

    @ParameterizedTest
    @EnumSource(ModelIntercept.class)
    void shouldForgetTheLastSamples(ModelIntercept intercept) {
        ModelSpec spec = model(intercept, SettlePolicy.AUTO);
        load(5);
        open(spec);
        Receipt receipt = river.delete("r1", expected.keySet().toArray(String[]::new));
        assertThat(receipt.getStatus()).as("%s", receipt).isEqualTo(ReceiptStatus.APPLIED);
        expected.clear();
        shouldEqualRetrained(spec);
        for (double value : river.theta("m")) {
            assertThat(value).isCloseTo(0, within(1e-9));
        }
        load("later", 10);
        river.settle(SettleUntil.SETTLED);
        shouldEqualRetrained(spec);
    }

    @Test
    void shouldNeverPublishAPatchWhateverThePolicy() {
        ModelSpec spec = model(ModelIntercept.PENALISED, SettlePolicy.NEVER);
        load(100);
        open(spec);
        river.delete("r1", "s1");
        expected.remove("s1");
        shouldEqualRetrained(spec);
        assertThat(river.latest("m").getKind()).isEqualTo(VersionKind.SETTLED);
    }

    @Test
    void shouldTakeInChangesWhilePassesRun() {
        ModelSpec spec = model(ModelIntercept.FREE, SettlePolicy.AUTO);
        load(150);
        open(spec);
        for (int i = 0; i < 30; i++) {
            String id = "s" + i;
            var relabel = new RelabelRequest("r" + i, River.DATASET, List.of(new Relabelling(id, "c")), null, null);
            river.send(relabel);
            expectLabel(id, "c");
            for (int tick = 0; tick < 7; tick++) {
                river.tick();
            }
        }
        assertThat(river.settle(SettleUntil.SETTLED).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        assertThat(river.receipts()).hasSize(31);
        shouldEqualRetrained(spec);
    }

    @Test
    void shouldSayWhichModelsAreTooLarge() {
        var tooLarge = River.model("m", ModelFamily.SOFTMAX, 100_000, 1)
                .setClasses(CLASSES)
                .build();
        assertThat(ModelRules.check(tooLarge))
                .hasValueSatisfying(reason -> assertThat(reason)
                        .contains("expected at most 196608 parameters")
                        .contains("got 500005"));
        var noPenalty = River.model("m", ModelFamily.RIDGE, 3000, 0).build();
        assertThat(ModelRules.check(noPenalty))
                .hasValueSatisfying(reason -> assertThat(reason).contains("l2: expected more than 0"));
        var imported = ModelSpec.newBuilder(model(ModelIntercept.NONE, SettlePolicy.AUTO))
                .setInitial(Doubles.toBuffer(Collections.nCopies(3000, 0.0).stream()
                        .mapToDouble(v -> v)
                        .toArray()))
                .build();
        assertThat(ModelRules.check(imported)).isEmpty();
    }

    /** There is no inverse to ask: the products of the passes are all there is, a free intercept's flat direction in them. */
    @ParameterizedTest
    @EnumSource(ModelIntercept.class)
    void shouldSayWhichSamplesMatter(ModelIntercept intercept) {
        ModelSpec spec = model(intercept, SettlePolicy.AUTO);
        load(40);
        open(spec);
        river.settle(SettleUntil.SETTLED);
        Sample test = expected.get("s3");
        var asked = List.of(new RowData(test.getFeatures(), test.getLabel(), 1.0));
        assertThat(influence("direct", asked).getFailureCode()).isEqualTo("NO_FACTOR");
        double[] want = byCg(spec, asked.get(0));
        double largest = Arrays.stream(want).map(Math::abs).max().orElseThrow();
        List<String> ids = List.copyOf(expected.keySet());
        for (String method : List.of("cg", "block-cg")) {
            InfluencePart answer = influence(method, asked);
            assertThat(answer.getFailure()).isNull();
            for (var side : List.of(
                    answer.getTests().get(0).getHelpful(),
                    answer.getTests().get(0).getHarmful())) {
                side.forEach(item -> assertThat(item.getInfluence())
                        .as("%s, %s, seed %d", method, item.getSampleId(), seed)
                        .isCloseTo(want[ids.indexOf(item.getSampleId())], within(1e-3 * largest)));
            }
            assertThat(answer.getRows()).isEqualTo(40);
        }
    }

    private InfluencePart influence(String method, List<RowData> rows) {
        return river.ask(new InfluenceQuestion(
                "m",
                "q-" + method,
                method,
                method.equals("direct") ? "corrected" : "plain",
                40,
                rows,
                null,
                false,
                false));
    }

    /** By the library, to a tolerance far below the service's. */
    private double[] byCg(ModelSpec spec, RowData asked) {
        var mapper = Specs.mapper(spec);
        List<Row> rows = expected.values().stream()
                .map(s -> ((Fits) mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), 1)).row())
                .toList();
        Row test = ((Fits) mapper.map(Doubles.toArray(asked.getFeatures()), asked.getLabel(), 1)).row();
        var sharp = new InfluenceMethods.Options(1e-10, 2000, 1, 1, 1, seed);
        try (var evaluated = EvaluatedRows.of(Specs.objective(spec), river.theta("m"), rows);
                var cg = InfluenceMethods.CG.over(evaluated, sharp)) {
            return new Attribution(evaluated, cg).onEach(List.of(test));
        } catch (SingularCurvatureException e) {
            throw new AssertionError(e);
        }
    }
}
