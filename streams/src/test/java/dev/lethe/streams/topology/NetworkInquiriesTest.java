package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.attribution.InfluenceDefaults;
import dev.lethe.streams.attribution.ServedRows;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.network.Damping;
import dev.lethe.unlearn.network.KeptRows;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.NetworkMethods;
import dev.lethe.unlearn.valuation.NetworkScores;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Influences of a network's samples, against the library at the published parameters. */
class NetworkInquiriesTest extends RiverCase {
    private static final String MODEL = "n";
    /** Fewer than are kept: the kept rows are all of them. */
    private static final int ROWS = 90;

    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final ModelSpec SPEC =
            NetworkRiverTest.model(MODEL, NetworkRiverTest.network().build()).build();
    private int questions;

    NetworkInquiriesTest() {
        super(20261130);
    }

    private double[] features(int label) {
        double angle = 2 * Math.PI * label / 3;
        return new double[] {
            Math.cos(angle) + 0.4 * random.nextGaussian(), Math.sin(angle) + 0.4 * random.nextGaussian()
        };
    }

    private void openWithRows() {
        for (int i = 0; i < ROWS; i++) {
            put(River.sample("s" + i, "u" + i, CLASSES.get(i % 3), features(i % 3)));
        }
        open(SPEC);
        river.settle(SettleUntil.SETTLED);
    }

    private List<RowData> tests() {
        return IntStream.range(0, 3)
                .mapToObj(k -> new RowData(Doubles.toBuffer(features(k)), CLASSES.get(k), 1.0))
                .toList();
    }

    private InfluenceQuestion.Builder question(List<RowData> tests) {
        return InfluenceQuestion.newBuilder()
                .setModelId(MODEL)
                .setQuestionId("q" + ++questions)
                .setMethod("ek-fac")
                .setForm("plain")
                .setTop(ROWS)
                .setTests(tests);
    }

    private static Row row(RowData data) {
        return ((Fits) Specs.mapper(SPEC).map(Doubles.toArray(data.getFeatures()), data.getLabel(), 1)).row();
    }

    /** n × tests, by the library, with the curvature of what a refit keeps of the same rows. */
    private double[] expected(NetworkMethods method, ServedRows rows, List<RowData> tests) {
        Network network = NetworkSpecs.network(SPEC, river.theta(MODEL));
        RowKeys keys = NetworkSpecs.keys(SPEC);
        TrainingSet all = new TrainingSet(keys, 1 << 20);
        for (int i = 0; i < rows.ids().size(); i++) {
            all.add(new KeyedRow(keys.of(rows.ids().get(i)), rows.rows().get(i)));
        }
        TrainingSet sorted = TrainingSet.merged(keys, 1 << 20, List.of(all.encode()));
        List<Row> kept = KeptRows.of(network, sorted, SPEC.getNetwork().getSample(), keys)
                .curvatureSample();
        assertThat(kept).hasSameSizeAs(rows.ids());
        try (var inverse =
                method.over(network, kept, Damping.DEFAULT, SPEC.getNetwork().getSeed())) {
            return new NetworkScores(rows.rows())
                    .influences(
                            network,
                            tests.stream().map(NetworkInquiriesTest::row).toList(),
                            inverse);
        }
    }

    private void shouldBe(Map<String, Double> got, List<String> ids, double[] want, String what) {
        double largest = Arrays.stream(want).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < want.length; i++) {
            assertThat(got.getOrDefault(ids.get(i), 0.0))
                    .as("%s, %s, seed %d", what, ids.get(i), seed)
                    .isCloseTo(want[i], within(1e-9 * largest));
        }
    }

    private static double[] column(double[] all, int tests, int test) {
        return IntStream.range(0, all.length / tests)
                .mapToDouble(i -> all[i * tests + test])
                .toArray();
    }

    @ParameterizedTest
    @EnumSource(NetworkMethods.class)
    void shouldAnswerByEveryMethodAsTheLibrary(NetworkMethods method) {
        openWithRows();
        List<RowData> tests = tests();
        ServedRows rows = ServedRows.of(SPEC, expected);
        double[] want = expected(method, rows, tests);

        InfluencePart answer = river.ask(question(tests).setMethod(method.id()).build());

        assertThat(answer.getFailure()).isNull();
        assertThat(answer.getRows())
                .as("rows held out are none to train on")
                .isEqualTo(rows.ids().size());
        for (int t = 0; t < tests.size(); t++) {
            var got = InquiryCase.byId(answer.getTests().get(t));
            shouldBe(got, rows.ids(), column(want, tests.size(), t), method.id());
        }
    }

    @Test
    void shouldAddUpATestSetAndAGroup() {
        openWithRows();
        List<RowData> tests = tests();
        ServedRows rows = ServedRows.of(SPEC, expected);
        List<String> group = rows.ids().subList(0, 5);
        var asked = question(tests).setMethod("gradient-dot").setTogether(true).setGroup(group);

        InfluencePart answer = river.ask(asked.build());

        double[] each = expected(NetworkMethods.GRADIENT_DOT, rows, tests);
        double sum = 0;
        for (int i = 0; i < group.size() * tests.size(); i++) {
            sum += each[i];
        }
        assertThat(answer.getTests()).hasSize(1);
        assertThat(answer.getGroupRows()).isEqualTo(5);
        assertThat(answer.getTests().get(0).getGroup()).as("seed %d", seed).isCloseTo(sum, within(1e-9));
    }

    @Test
    void shouldLeaveOutWhatIsErased() {
        openWithRows();
        String erased = ServedRows.of(SPEC, expected).ids().get(0);
        river.delete("d1", erased);

        InfluencePart answer = river.ask(question(tests()).build());

        assertThat(answer.getVersion()).isEqualTo(river.latest(MODEL).getVersion());
        answer.getTests().forEach(t -> assertThat(InquiryCase.byId(t)).doesNotContainKey(erased));
    }

    @Test
    void shouldSayWhatItCannotAnswer() {
        openWithRows();
        List<RowData> tests = tests();

        assertThat(river.ask(question(tests).setMethod("direct").build()))
                .returns("UNKNOWN_METHOD", InfluencePart::getFailureCode)
                .satisfies(part -> assertThat(part.getFailure()).contains("ek-fac, k-fac, gradient-dot"));
        assertThat(river.ask(question(tests).setForm("corrected").build()))
                .returns("BAD_FORM", InfluencePart::getFailureCode);
        assertThat(river.ask(question(tests)
                        .setGroup(List.of("s1"))
                        .setGroupCurvature(true)
                        .build()))
                .returns("BAD_METHOD", InfluencePart::getFailureCode);
        assertThat(river.ask(question(tests).setGroup(List.of()).build()))
                .returns("EMPTY_GROUP", InfluencePart::getFailureCode);
        assertThat(river.ask(question(List.of()).build())).returns("NO_ROWS", InfluencePart::getFailureCode);
        List<RowData> many = Collections.nCopies(20_000, tests.get(0));
        assertThat(river.ask(question(many).setTop(0).build()))
                .returns("TOO_MANY", InfluencePart::getFailureCode)
                .satisfies(part -> assertThat(part.getFailure()).contains("together"));
        assertThat(river.ask(question(many).setTop(0).setTogether(true).build()).getFailure())
                .isNull();
        var wide = List.of(new RowData(Doubles.toBuffer(new double[] {1, 2, 3}), "a", 1.0));
        assertThat(river.ask(question(wide).build()).getFailure()).startsWith("row 0: ");
    }

    @Test
    void shouldChooseTheMethodByTheModelWhereNoneIsNamed() {
        var asked = question(tests()).setMethod("").setForm("").build();

        assertThat(InfluenceDefaults.complete(SPEC, asked))
                .returns("ek-fac", InfluenceQuestion::getMethod)
                .returns("plain", InfluenceQuestion::getForm);
        assertThat(InfluenceDefaults.complete(InquiryCase.SPEC, asked))
                .returns("direct", InfluenceQuestion::getMethod)
                .returns("corrected", InfluenceQuestion::getForm);
    }
}
