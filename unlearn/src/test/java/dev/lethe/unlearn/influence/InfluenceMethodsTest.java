package dev.lethe.unlearn.influence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.golden.GoldenCase;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import dev.lethe.unlearn.valuation.LeaveOneOut;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.hipparchus.stat.correlation.PearsonsCorrelation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The methods against the direct one, and the direct one against models refitted without the row. */
class InfluenceMethodsTest {

    private static final long SEED = 20261125;
    private static final InfluenceMethods.Options SHARP = new InfluenceMethods.Options(1e-10, 2000, 200, 1, 1, SEED);

    static Stream<Objective> objectives() {
        return Samples.objectives();
    }

    private static EvaluatedRows fitted(Objective objective, List<Row> rows) {
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            return EvaluatedRows.of(objective, anchor.theta(), rows);
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldSolveAsDirectByAnyExactMethod(Objective objective) throws Exception {
        List<Row> sample = new Samples(objective, SEED).weightedRows(80);
        try (EvaluatedRows rows = fitted(objective, sample);
                InfluenceMethod direct = InfluenceMethods.DIRECT.over(rows, SHARP)) {
            // More columns than parameters: block CG must drop dependent directions.
            double[] gradients = rows.gradients();
            double[] expected = direct.solve(gradients, rows.count());
            for (InfluenceMethods method : List.of(InfluenceMethods.CG, InfluenceMethods.BLOCK_CG)) {
                try (InfluenceMethod other = method.over(rows, SHARP)) {
                    double[] got = other.solve(gradients, rows.count());
                    assertThat(Samples.distance(got, expected) / Vectors.norm(expected))
                            .as("%s, seed %d", other.name(), SEED)
                            .isLessThan(1e-8);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ARNOLDI", "NYSTROEM"})
    void shouldBeExactAtFullRank(InfluenceMethods method) throws Exception {
        Objective objective = new Objective(Family.SOFTMAX, 4, 4, Intercept.PENALISED, 0.7);
        try (EvaluatedRows rows = fitted(objective, new Samples(objective, SEED).weightedRows(80));
                InfluenceMethod direct = InfluenceMethods.DIRECT.over(rows, SHARP);
                InfluenceMethod other = method.over(rows, SHARP)) {
            double[] gradients = rows.gradients();
            double[] expected = direct.solve(gradients, rows.count());
            assertThat(Samples.distance(other.solve(gradients, rows.count()), expected) / Vectors.norm(expected))
                    .as("seed %d", SEED)
                    .isLessThan(1e-8);
        }
    }

    @Test
    void shouldComeNearByLissa() throws Exception {
        Objective objective = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 8);
        InfluenceMethods.Options deep = new InfluenceMethods.Options(1e-4, 1, 1, 3000, 40, SEED);
        try (EvaluatedRows rows = fitted(objective, new Samples(objective, SEED).rows(120));
                InfluenceMethod direct = InfluenceMethods.DIRECT.over(rows, deep);
                InfluenceMethod lissa = InfluenceMethods.LISSA.over(rows, deep)) {
            double[] expected = direct.solve(rows.gradients(), rows.count());
            double[] got = lissa.solve(rows.gradients(), rows.count());
            assertThat(Samples.distance(got, expected) / Vectors.norm(expected))
                    .as("seed %d", SEED)
                    .isLessThan(0.3);
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldTakeOneRowOutAsAGroupOfOne(Objective objective) throws Exception {
        List<Row> sample = new Samples(objective, SEED).weightedRows(60);
        List<Row> test = new Samples(objective, SEED + 1).rows(3);
        try (EvaluatedRows rows = fitted(objective, sample);
                DirectInverse direct = InfluenceMethods.direct(rows);
                EvaluatedRows asked = EvaluatedRows.of(objective, rows.theta(), test)) {
            Removals removals = Removals.of(rows, direct);
            double[] scores = new Attribution(rows, direct).onEach(test, removals);
            GroupInfluence groups = new GroupInfluence(objective, rows.theta(), direct);
            double[] gradients = asked.gradients();
            for (int i = 0; i < 10; i++) {
                double[] step = groups.newtonStep(List.of(RowChange.remove(sample.get(i))));
                for (int t = 0; t < test.size(); t++) {
                    double expected = Vectors.dot(gradients, t * step.length, step);
                    assertThat(Math.abs(scores[i * test.size() + t] - expected))
                            .as("row %d, test %d, seed %d", i, t, SEED)
                            .isLessThan(1e-9 * (1 + Math.abs(expected)));
                }
            }
        }
    }

    @Test
    void shouldPredictRetrainedDigits() throws Exception {
        GoldenCase golden = GoldenCase.open("digits_softmax");
        List<Row> test = golden.rows().subList(0, 60);
        int[] left = new Random(SEED).ints(120, 0, golden.rows().size()).toArray();
        try (EvaluatedRows rows = EvaluatedRows.of(golden.objective(), golden.thetaFull(), golden.rows());
                DirectInverse direct = InfluenceMethods.direct(rows)) {
            Attribution attribution = new Attribution(rows, direct);
            LeaveOneOut retrained = new LeaveOneOut(rows, direct);
            double[] exact = Arrays.stream(left)
                    .boxed()
                    .flatMapToDouble(i -> Arrays.stream(retrained.effect(i, test)))
                    .toArray();
            double plain = correlation(exact, pick(attribution.onEach(test), left, test.size()));
            double[] corrected = attribution.onEach(test, Removals.of(rows, direct));
            double downdated = correlation(exact, pick(corrected, left, test.size()));
            assertThat(plain).as("first order, seed %d", SEED).isGreaterThan(0.98);
            assertThat(downdated).as("down-dated, seed %d", SEED).isGreaterThan(0.997);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ARNOLDI", "NYSTROEM", "CG", "BLOCK_CG"})
    void shouldRankDigitsAsDirect(InfluenceMethods method) throws Exception {
        GoldenCase golden = GoldenCase.open("digits_softmax");
        List<Row> test = golden.rows().subList(0, 60);
        try (EvaluatedRows rows = EvaluatedRows.of(golden.objective(), golden.thetaFull(), golden.rows());
                DirectInverse direct = InfluenceMethods.direct(rows);
                InfluenceMethod other = method.over(rows, InfluenceMethods.Options.DEFAULT)) {
            double agreement =
                    correlation(new Attribution(rows, direct).onEach(test), new Attribution(rows, other).onEach(test));
            assertThat(agreement).isGreaterThan(0.98);
        }
    }

    @Test
    void shouldSayThatAGroupIsEverything() throws Exception {
        Objective objective = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 0);
        List<Row> sample = new Samples(objective, SEED).rows(5);
        try (EvaluatedRows rows = EvaluatedRows.of(objective, new double[2], sample);
                DirectInverse direct = InfluenceMethods.direct(rows)) {
            GroupInfluence groups = new GroupInfluence(objective, rows.theta(), direct);
            List<RowChange> all = sample.stream().map(RowChange::remove).toList();
            assertThatThrownBy(() -> groups.newtonStep(all)).hasMessageContaining("not positive definite");
            assertThatThrownBy(() -> groups.newtonStep(List.of())).hasMessageContaining("at least one row");
        }
    }

    @Test
    void shouldListTheMethods() {
        assertThat(InfluenceMethods.of("block-cg")).isEqualTo(InfluenceMethods.BLOCK_CG);
        assertThatThrownBy(() -> InfluenceMethods.of("kfac")).hasMessageContaining("direct, cg, block-cg");
    }

    private static double[] pick(double[] values, int[] rows, int tests) {
        return Arrays.stream(rows)
                .boxed()
                .flatMapToDouble(i -> Arrays.stream(values, i * tests, (i + 1) * tests))
                .toArray();
    }

    private static double correlation(double[] a, double[] b) {
        return new PearsonsCorrelation().correlation(a, b);
    }
}
