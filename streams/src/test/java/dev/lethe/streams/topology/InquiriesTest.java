package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleInfluence;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.TestInfluence;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.streams.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores and influences of one shard, record by record: what the order of deletion and pass must not change. */
class InquiriesTest extends RiverCase {
    private static final String MODEL = "m";
    private static final int ROWS = 60;
    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final ModelSpec SPEC =
            River.model(MODEL, ModelFamily.SOFTMAX, 4, 2).setClasses(CLASSES).build();
    private int questions;

    InquiriesTest() {
        super(20261127);
    }

    private double[] features(int label) {
        return IntStream.range(0, 4)
                .mapToDouble(j -> (j == label ? 1 : 0) + random.nextGaussian())
                .toArray();
    }

    private void openWithRows() {
        for (int i = 0; i < ROWS; i++) {
            put(River.sample("s" + i, "p" + i, CLASSES.get(i % 3), features(i % 3)));
        }
        open(SPEC);
        river.settle(SettleUntil.SETTLED);
    }

    private InfluenceQuestion question(String method, List<RowData> tests, List<String> group) {
        return new InfluenceQuestion(MODEL, "q" + ++questions, method, "plain", ROWS, tests, group, false, false);
    }

    private List<RowData> tests() {
        return IntStream.range(0, 3)
                .mapToObj(k -> new RowData(Doubles.toBuffer(features(k)), CLASSES.get(k), 1.0))
                .toList();
    }

    private static Map<String, Double> byId(TestInfluence test) {
        Map<String, Double> all = new HashMap<>();
        for (List<SampleInfluence> side : List.of(test.getHelpful(), test.getHarmful())) {
            side.forEach(item -> all.put(item.getSampleId(), item.getInfluence()));
        }
        return all;
    }

    /** n × tests at the published parameters, by the library. */
    private double[] expected(List<RowData> tests) throws SingularCurvatureException {
        var objective = Specs.objective(SPEC);
        var rows = expected.values().stream()
                .map(s -> row(Doubles.toArray(s.getFeatures()), s.getLabel()))
                .toList();
        try (var evaluated = EvaluatedRows.of(objective, river.theta(MODEL), rows);
                var direct = InfluenceMethods.direct(evaluated)) {
            return new Attribution(evaluated, direct)
                    .onEach(tests.stream()
                            .map(t -> row(Doubles.toArray(t.getFeatures()), t.getLabel()))
                            .toList());
        }
    }

    private static Row row(double[] features, String label) {
        return ((Fits) Specs.mapper(SPEC).map(features, label, 1)).row();
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "cg", "block-cg", "arnoldi", "nystroem"})
    void shouldAnswerByEveryMethodAsTheLibrary(String method) throws Exception {
        openWithRows();
        List<RowData> tests = tests();
        InfluencePart answer = river.ask(question(method, tests, null));
        assertThat(answer.getFailure()).isNull();
        assertThat(answer.getRows()).isEqualTo(ROWS);
        double[] want = expected(tests);
        double largest = IntStream.range(0, want.length)
                .mapToDouble(i -> Math.abs(want[i]))
                .max()
                .orElseThrow();
        List<String> ids = List.copyOf(expected.keySet());
        for (int t = 0; t < tests.size(); t++) {
            Map<String, Double> got = byId(answer.getTests().get(t));
            for (int i = 0; i < ids.size(); i++) {
                assertThat(got.get(ids.get(i)))
                        .as("%s, %s on test %d, seed %d", method, ids.get(i), t, seed)
                        .isCloseTo(want[i * tests.size() + t], within(2e-3 * largest));
            }
        }
    }

    @Test
    void shouldTakeAllRowsAsOneTestSet() {
        openWithRows();
        List<RowData> tests = tests();
        for (String method : List.of("direct", "block-cg")) {
            InfluencePart each = river.ask(question(method, tests, null));
            InfluencePart whole = river.ask(InfluenceQuestion.newBuilder(question(method, tests, null))
                    .setTogether(true)
                    .build());
            assertThat(whole.getTests()).hasSize(1);
            byId(whole.getTests().get(0))
                    .forEach((id, influence) -> assertThat(influence)
                            .as("%s, %s, seed %d", method, id, seed)
                            .isCloseTo(
                                    each.getTests().stream()
                                            .mapToDouble(test -> byId(test).getOrDefault(id, 0.0))
                                            .sum(),
                                    within(1e-9)));
        }
    }

    private InfluenceQuestion joint(String method, List<RowData> tests, List<String> group) {
        return InfluenceQuestion.newBuilder(question(method, tests, group))
                .setGroupCurvature(true)
                .build();
    }

    /** The change of each test's loss by one Newton step without the group, by the library. */
    private double[] newtonStep(List<RowData> tests, List<String> group) throws SingularCurvatureException {
        var objective = Specs.objective(SPEC);
        double[] theta = river.theta(MODEL);
        var rows = expected.values().stream().map(InquiriesTest::row).toList();
        var gone = group.stream()
                .map(id -> RowChange.remove(row(expected.get(id))))
                .toList();
        try (var evaluated = EvaluatedRows.of(objective, theta, rows);
                var direct = InfluenceMethods.direct(evaluated);
                var asked = EvaluatedRows.of(
                        objective,
                        theta,
                        tests.stream()
                                .map(t -> row(Doubles.toArray(t.getFeatures()), t.getLabel()))
                                .toList())) {
            double[] step = new GroupInfluence(objective, theta, direct).newtonStep(gone);
            double[] gradients = asked.gradients();
            return IntStream.range(0, tests.size())
                    .mapToDouble(t -> Vectors.dot(gradients, t * step.length, step))
                    .toArray();
        }
    }

    private static Row row(Sample sample) {
        return row(Doubles.toArray(sample.getFeatures()), sample.getLabel());
    }

    private static List<String> ids(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "s" + i).toList();
    }

    private void assertJoint(InfluencePart answer, double[] want) {
        assertThat(answer.getFailure()).isNull();
        for (int t = 0; t < want.length; t++) {
            assertThat(answer.getTests().get(t).getGroup())
                    .as("test %d, seed %d", t, seed)
                    .isCloseTo(want[t], within(1e-3 * Math.abs(want[t]) + 1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "cg", "block-cg"})
    void shouldTakeTheCurvatureOfAGroupOut(String method) throws Exception {
        openWithRows();
        List<RowData> tests = tests();
        List<String> group = ids(0, 25);
        List<String> named = new ArrayList<>(group);
        named.add("nobody");
        double[] want = newtonStep(tests, group);

        InfluencePart answer = river.ask(joint(method, tests, named));
        assertJoint(answer, want);
        assertThat(answer.getGroupRows()).isEqualTo(25);
        assertThat(answer.getRows()).isEqualTo(ROWS);
        InfluencePart sum = river.ask(question(method, tests, group));
        assertThat(Math.abs(sum.getTests().get(0).getGroup()))
                .as("to first order, seed %d", seed)
                .isLessThan(0.9 * Math.abs(want[0]));
        assertThat(byId(answer.getTests().get(0)))
                .as("what each does alone")
                .isEqualTo(byId(sum.getTests().get(0)));
        InfluencePart together = river.ask(InfluenceQuestion.newBuilder(joint(method, tests, group))
                .setTogether(true)
                .build());
        assertJoint(together, new double[] {want[0] + want[1] + want[2]});
    }

    @Test
    void shouldAnswerOfTheRestOfAGroupOfWhichASampleIsErasedMeanwhile() throws Exception {
        openWithRows();
        List<RowData> tests = tests();
        InfluenceQuestion question = joint("block-cg", tests, ids(0, 25));
        int before = river.passes().size();
        river.inquire(MODEL, question);
        river.await(() -> river.passes().size() > before + 1 ? true : null);
        assertThat(river.insights()).isEmpty();
        river.send(new DeleteRequest("d1", River.DATASET, List.of("s3"), List.of(), null, null));
        expected.remove("s3");
        InfluencePart answer = river.await(() -> river.insights().stream()
                .filter(InfluencePart.class::isInstance)
                .map(InfluencePart.class::cast)
                .findFirst()
                .orElse(null));
        assertThat(answer.getGroupRows()).isEqualTo(24);
        assertThat(answer.getVersion()).isGreaterThan(1);
        assertJoint(
                answer,
                newtonStep(
                        tests,
                        ids(0, 25).stream().filter(id -> !id.equals("s3")).toList()));
    }

    @Test
    void shouldSayThatWithoutAGroupThereIsNoModel() {
        for (int i = 0; i < 8; i++) {
            put(River.sample("s" + i, "p" + i, "" + i, features(i % 3)));
        }
        open(River.model(MODEL, ModelFamily.RIDGE, 4, 0)
                .setIntercept(ModelIntercept.NONE)
                .build());
        river.settle(SettleUntil.SETTLED);
        List<RowData> tests = List.of(new RowData(Doubles.toBuffer(features(0)), "1", 1.0));
        assertThat(river.ask(joint("direct", tests, ids(0, 4))).getFailure()).isNull();
        assertThat(river.ask(joint("direct", tests, ids(0, 6))).getFailureCode())
                .as("two rows for four parameters, seed %d", seed)
                .isEqualTo("SINGULAR");
        assertThat(river.ask(joint("direct", tests, ids(0, 8))).getFailureCode())
                .isEqualTo("NOTHING_LEFT");
    }

    @Test
    void shouldKeepALowRankInverseUntilTheNextVersionOnly() {
        openWithRows();
        river.ask(question("arnoldi", tests(), null));
        int passes = river.passes().size();
        river.ask(question("arnoldi", tests(), null));
        assertThat(river.passes()).as("kept").hasSize(passes);

        river.delete("d1", "s7");
        expected.remove("s7");
        river.settle(SettleUntil.SETTLED);
        passes = river.passes().size();
        InfluencePart answer = river.ask(question("arnoldi", tests(), null));
        assertThat(river.passes().size()).as("made anew").isGreaterThan(passes + 5);
        assertThat(answer.getRows()).isEqualTo(ROWS - 1);
        assertThat(byId(answer.getTests().get(0))).doesNotContainKey("s7");
    }

    @Test
    void shouldAnswerOfTheNewRowsIfTheyChangeMeanwhile() throws Exception {
        openWithRows();
        List<RowData> tests = tests();
        InfluenceQuestion question = question("arnoldi", tests, null);
        int before = river.passes().size();
        river.inquire(MODEL, question);
        river.await(() -> river.passes().size() > before + 3 ? true : null);
        assertThat(river.insights()).isEmpty();
        river.send(new DeleteRequest("d1", River.DATASET, List.of("s3"), List.of(), null, null));
        expected.remove("s3");
        InfluencePart answer = river.await(() -> river.insights().stream()
                .filter(InfluencePart.class::isInstance)
                .map(InfluencePart.class::cast)
                .findFirst()
                .orElse(null));
        assertThat(answer.getFailure()).isNull();
        assertThat(answer.getRows()).isEqualTo(ROWS - 1);
        assertThat(answer.getVersion()).isGreaterThan(1);
        assertThat(byId(answer.getTests().get(0))).doesNotContainKey("s3");
    }

    @Test
    void shouldRefuseWhatHasNoAnswer() {
        openWithRows();
        assertThat(river.ask(question("lissa", tests(), null)).getFailureCode()).isEqualTo("UNKNOWN_METHOD");
        assertThat(river.ask(question("beauty", tests(), null)).getFailure()).contains("expected one of direct, cg");
        assertThat(river.ask(question("cg", tests(), List.of())).getFailureCode())
                .isEqualTo("EMPTY_GROUP");
        var corrected = InfluenceQuestion.newBuilder(question("cg", tests(), null))
                .setForm("corrected")
                .build();
        assertThat(river.ask(corrected).getFailureCode()).isEqualTo("BAD_FORM");
        assertThat(river.ask(joint("cg", tests(), null)).getFailureCode()).isEqualTo("EMPTY_GROUP");
        assertThat(river.ask(joint("arnoldi", tests(), List.of("s1"))).getFailureCode())
                .isEqualTo("BAD_METHOD");
        var tooLong = "s".repeat(InquiryRules.MAX_GROUP_BYTES + 1);
        assertThat(river.ask(question("cg", tests(), List.of(tooLong))).getFailure())
                .contains("expected sample ids of at most 524288 bytes", "got 524289");
        var other = new RowData(Doubles.toBuffer(new double[5]), "a", 1.0);
        assertThat(river.ask(question("cg", List.of(other), null)).getFailureCode())
                .isEqualTo("FEATURE_COUNT");
        var unknown = new RowData(Doubles.toBuffer(new double[4]), "d", 1.0);
        assertThat(river.ask(question("cg", List.of(unknown), null)).getFailureCode())
                .isEqualTo("UNKNOWN_CLASS");
    }

    /** The worker scores all rows of the cut; what it says of the erased one comes after the tombstone, and is not said. */
    @Test
    void shouldLeaveNoScoreOfASampleDeletedDuringThePass() throws Exception {
        openWithRows();
        river.inquire(MODEL, new RefreshScores(MODEL, "wish"));
        river.await(() -> river.scorePasses().isEmpty() ? null : true);
        assertThat(river.scores()).as("nothing is sent before the next tick").isEmpty();
        // The driver's clock stands still: what the worker has made meanwhile waits.
        Thread.sleep(300);
        river.send(new DeleteRequest("d1", River.DATASET, List.of("s5"), List.of(), null, null));
        river.send(new DeleteRequest("d2", River.DATASET, List.of(), List.of("p6"), null, null));
        river.await(() -> river.insights().stream().anyMatch(ScoresDone.class::isInstance) ? true : null);

        List<KeyValue<String, SampleScores>> written = river.scores();
        List<String> erased =
                List.of(Topics.scoreKey(River.DATASET, MODEL, "s5"), Topics.scoreKey(River.DATASET, MODEL, "s6"));
        List<Integer> tombstones = new ArrayList<>();
        Map<String, SampleScores> left = new HashMap<>();
        for (int i = 0; i < written.size(); i++) {
            if (written.get(i).value == null) {
                tombstones.add(i);
                assertThat(erased).contains(written.get(i).key);
            }
            left.put(written.get(i).key, written.get(i).value);
        }
        assertThat(tombstones).as("both came before the pass' first row").containsExactly(0, 1);
        assertThat(left).containsEntry(erased.get(0), null).containsEntry(erased.get(1), null);
        assertThat(left.values().stream().filter(scores -> scores != null)).hasSize(ROWS - 2);
        assertThat(written.stream().filter(record -> erased.contains(record.key)))
                .as("the late rows were held back")
                .hasSize(2);
    }
}
