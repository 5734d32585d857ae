package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
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
class InquiriesTest extends InquiryCase {
    InquiriesTest() {
        super(20261127);
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
