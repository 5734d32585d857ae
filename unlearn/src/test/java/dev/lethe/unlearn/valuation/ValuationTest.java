package dev.lethe.unlearn.valuation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ValuationTest {

    private static final long SEED = 7;
    private static final Objective SOFTMAX = new Objective(Family.SOFTMAX, 6, 4, Intercept.PENALISED, 1);

    static Stream<Objective> objectives() {
        return Samples.objectives();
    }

    private static double[] fit(Objective objective, List<Row> rows) {
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            return anchor.theta().clone();
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldRefitWithoutARow(Objective objective) throws Exception {
        List<Row> rows = new Samples(objective, SEED).weightedRows(80);
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, fit(objective, rows), rows);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            double[] without = new LeaveOneOut(evaluated, inverse).without(20);
            List<Row> rest = new ArrayList<>(rows);
            rest.remove(20);
            double[] retrained = fit(objective, rest);
            assertThat(Samples.distance(without, retrained)).isLessThan(1e-7 * (1 + Vectors.norm(retrained)));
        }
    }

    /** Ridge: a down-dated step is the refit, so the row's loss without it is known exactly. */
    @Test
    void shouldGiveTheLossOfTheModelWithoutTheRow() throws Exception {
        Objective objective = new Objective(Family.RIDGE, 4, 2, Intercept.FREE, 0.5);
        List<Row> rows = new Samples(objective, SEED).weightedRows(30);
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, fit(objective, rows), rows);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            double[] losses = new RowScores(evaluated, Removals.of(evaluated, inverse)).of(Score.LOO_LOSS);
            for (int i = 0; i < 5; i++) {
                List<Row> rest = new ArrayList<>(rows);
                rest.remove(i);
                double expected = Pruning.loss(objective, fit(objective, rest), List.of(rows.get(i)));
                assertThat(losses[i]).isCloseTo(expected, within(1e-9 * (1 + expected)));
            }
        }
    }

    /** Ridge again: at the parameters that a down-dated removal moves to, every loss is that of the refit. */
    @Test
    void shouldGiveTheRiseOfEveryTestLossWithoutARow() throws Exception {
        Objective objective = new Objective(Family.RIDGE, 4, 2, Intercept.FREE, 0.5);
        List<Row> all = new Samples(objective, SEED).weightedRows(310);
        List<Row> rows = all.subList(0, 300);
        List<Row> test = all.subList(300, 310);
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, fit(objective, rows), rows);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            double[] rises = new Attribution(evaluated, inverse).rises(test, Removals.of(evaluated, inverse));
            // Rows of the first and of the second block.
            for (int i : new int[] {0, 17, 255, 256, 299}) {
                double[] exact = new LeaveOneOut(evaluated, inverse).effect(i, test);
                for (int t = 0; t < test.size(); t++) {
                    assertThat(rises[i * test.size() + t])
                            .as("row %d on test %d, seed %d", i, t, SEED)
                            .isCloseTo(exact[t], within(1e-7 * (1 + Math.abs(exact[t]))));
                }
            }
        }
    }

    @Test
    void shouldFindFlippedLabelsAndSuggestTheOldOnes() throws Exception {
        Samples samples = new Samples(SOFTMAX, SEED);
        List<Row> rows = samples.rows(400);
        boolean[] wrong = new boolean[rows.size()];
        List<Row> flipped = new ArrayList<>(rows);
        for (int i = 0; i < rows.size(); i += 10) {
            wrong[i] = true;
            flipped.set(i, samples.relabelled(rows.get(i)));
        }
        try (EvaluatedRows evaluated = EvaluatedRows.of(SOFTMAX, fit(SOFTMAX, flipped), flipped);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            RowScores scores = new RowScores(evaluated, Removals.of(evaluated, inverse));
            for (Score score : List.of(Score.LOSS, Score.EL2N, Score.GRAND, Score.MARGIN, Score.LOO_LOSS)) {
                assertThat(Correlations.auc(scores.of(score), wrong))
                        .as(score.id())
                        .isGreaterThan(0.8);
            }
            int[] suggested = scores.suggestedClasses();
            long right = IntStream.range(0, wrong.length)
                    .filter(i -> wrong[i] && suggested[i] == (int) rows.get(i).y()[0])
                    .count();
            assertThat(right).isGreaterThan(24);
            assertThatThrownBy(() -> new RowScores(evaluated, null).of(Score.LEVERAGE))
                    .hasMessageContaining("loss, el2n, grand or margin");
        }
    }

    @Test
    void shouldScoreAsDefined() {
        Objective logistic = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        Row row = new Row(new double[] {3, 4}, new double[] {-1}, 2);
        try (EvaluatedRows rows = EvaluatedRows.of(logistic, new double[] {1, 0}, List.of(row))) {
            RowScores scores = new RowScores(rows, null);
            double sigmoid = 1 / (1 + Math.exp(-3));
            assertThat(scores.of(Score.LOSS)[0]).isCloseTo(Math.log(1 + Math.exp(3)), within(1e-12));
            assertThat(scores.of(Score.EL2N)[0]).isCloseTo(Math.sqrt(2) * sigmoid, within(1e-12));
            assertThat(scores.of(Score.GRAND)[0]).isCloseTo(5 * sigmoid, within(1e-12));
            assertThat(scores.of(Score.MARGIN)[0]).isEqualTo(3);
            assertThat(scores.suggestedClasses()).containsExactly(1);
        }
    }

    /** Two blocks and a part of one. */
    @Test
    void shouldScoreInBlocksAsInOne() throws Exception {
        Objective objective = new Objective(Family.SOFTMAX, 3, 3, Intercept.PENALISED, 1);
        List<Row> all = new Samples(objective, SEED).weightedRows(2 * RowScorer.BLOCK + 7);
        double[] theta = new Random(SEED).doubles(objective.parameters(), -1, 1).toArray();
        try (EvaluatedRows rows = EvaluatedRows.of(objective, theta, all);
                DirectInverse direct = InfluenceMethods.direct(rows);
                RowScorer scorer = RowScorer.borrowing(objective, theta, direct)) {
            RowScores scores = new RowScores(rows, Removals.of(rows, direct));
            List<RowScorer.Scored> blocks = scorer.scoreAll(all);
            for (Score score : Score.values()) {
                assertThat(blocks.stream().mapToDouble(s -> s.of(score)).toArray())
                        .as("%s, seed %d", score.id(), SEED)
                        .containsExactly(scores.of(score), within(1e-10));
            }
            assertThat(blocks.stream().mapToInt(RowScorer.Scored::suggested).toArray())
                    .containsExactly(scores.suggestedClasses());
        }
    }

    @Test
    void shouldMeasureRankings() {
        double[] scores = {4, 3, 2, 1};
        assertThat(Correlations.auc(scores, new boolean[] {true, true, false, false}))
                .isEqualTo(1);
        assertThat(Correlations.auc(scores, new boolean[] {true, false, false, true}))
                .isEqualTo(0.5);
        assertThat(Correlations.auc(new double[4], new boolean[] {true, false, false, true}))
                .isEqualTo(0.5);
        assertThat(Correlations.recall(scores, new boolean[] {true, false, true, false}, 0.5))
                .isEqualTo(0.5);
        assertThat(Correlations.mostInfluential(new double[] {1, -5, 2}, 2)).containsExactly(1, 2);
    }

    /** A penalised convex model changes almost linearly with its rows: influence must rank models of subsets well. */
    @Test
    void shouldPredictModelsOfSubsets() throws Exception {
        List<Row> rows = new Samples(SOFTMAX, SEED).rows(200);
        List<Row> test = new Samples(SOFTMAX, SEED).rows(220).subList(200, 220);
        try (EvaluatedRows evaluated = EvaluatedRows.of(SOFTMAX, fit(SOFTMAX, rows), rows);
                DirectInverse inverse = InfluenceMethods.direct(evaluated)) {
            Datamodelling lds = new Datamodelling(new Attribution(evaluated, inverse).onEach(test), test.size());
            Subsets subsets = new Subsets(rows.size(), 0.5, SEED);
            for (int s = 0; s < 20; s++) {
                double[] theta = fit(SOFTMAX, Subsets.of(rows, subsets.members(s)));
                lds.add(
                        subsets.members(s),
                        test.stream()
                                .mapToDouble(row -> Pruning.loss(SOFTMAX, theta, List.of(row)))
                                .toArray());
            }
            assertThat(lds.score()).as("seed %d", SEED).isGreaterThan(0.8);
        }
    }

    @Test
    void shouldEstimateMemorisationAndResume() {
        Memorisation whole = new Memorisation(2);
        Memorisation first = new Memorisation(2);
        for (int m = 0; m < 8; m++) {
            // Row 0 is right exactly when it was seen; row 1 always.
            boolean[] members = {m % 2 == 0, m % 4 < 2};
            boolean[] right = {m % 2 == 0, true};
            whole.add(members, right);
            first = Memorisation.resume(first.state());
            first.add(members, right);
        }
        assertThat(first.scores()).containsExactly(whole.scores());
        assertThat(whole.scores()).containsExactly(1, 0);
        assertThat(whole.errors()[0]).isBetween(0.1, 0.4);
        assertThat(first.models()).isEqualTo(8);
    }

    @Test
    void shouldKeepAPart() {
        List<Row> rows = new Samples(SOFTMAX, SEED).rows(4);
        double[] scores = {3, 1, 2, 4};
        assertThat(Pruning.kept(rows, scores, Pruning.Keep.EASIEST, 0.5)).containsExactly(rows.get(1), rows.get(2));
        assertThat(Pruning.kept(rows, scores, Pruning.Keep.HARDEST, 0.5)).containsExactly(rows.get(0), rows.get(3));
        assertThatThrownBy(() -> Pruning.kept(rows, scores, Pruning.Keep.EASIEST, 0))
                .hasMessageContaining("(0, 1]");
    }

    @Test
    void shouldFitAPowerLaw() {
        List<Pruning.Point> points = Arrays.stream(new int[] {10, 20, 40})
                .mapToObj(n -> new Pruning.Point(n, 1, 5 * Math.pow(n, -0.7)))
                .toList();
        Pruning.PowerLaw law = Pruning.powerLaw(points);
        assertThat(law.exponent()).isCloseTo(-0.7, within(1e-12));
        assertThat(Math.exp(law.intercept())).isCloseTo(5, within(1e-10));
    }

    @Test
    void shouldLearnFromHardExamplesOnlyWithMuchData() {
        double little = 0;
        double much = 0;
        for (int seed = 0; seed < 20; seed++) {
            little += hardestMinusRandom(seed, 20);
            much += hardestMinusRandom(seed, 800);
        }
        assertThat(little / 20).as("one row per dimension").isGreaterThan(0.005);
        assertThat(much / 20).as("forty rows per dimension").isLessThan(-0.001);
    }

    private static double hardestMinusRandom(int seed, int kept) {
        Perceptron perceptron = new Perceptron(20, 0, seed);
        List<Row> rows = perceptron.rows(4 * kept);
        return perceptron.error(perceptron.pruned(rows, kept, Pruning.Keep.HARDEST))
                - perceptron.error(rows.subList(0, kept));
    }
}
