package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.GroupInfluence;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a group of samples does with its own curvature taken out, of one shard. */
class GroupInquiriesTest extends InquiryCase {
    GroupInquiriesTest() {
        super(20261130);
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
        var rows = expected.values().stream().map(InquiryCase::row).toList();
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
    void shouldRefuseAGroupThatHasNoAnswer() {
        openWithRows();
        assertThat(river.ask(joint("cg", tests(), null)).getFailureCode()).isEqualTo("EMPTY_GROUP");
        assertThat(river.ask(joint("arnoldi", tests(), List.of("s1"))).getFailureCode())
                .isEqualTo("BAD_METHOD");
        var tooLong = "s".repeat(InquiryRules.MAX_GROUP_BYTES - 1);
        assertThat(river.ask(question("cg", tests(), List.of(tooLong))).getFailure())
                .contains("expected sample ids of at most 524288 bytes", "got 524289");
    }
}
