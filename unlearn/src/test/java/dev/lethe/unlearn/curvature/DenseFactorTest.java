package dev.lethe.unlearn.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DenseFactorTest extends FactorContract {

    @Override
    Factor build(Objective objective, double[] theta, List<Row> rows) {
        return Samples.factor(objective, theta, rows);
    }

    @Test
    void shouldRefuseASingularCurvature() {
        Objective line = new Objective(Family.RIDGE, 2, 1, Intercept.FREE, 0);
        List<Row> rows = List.of(
                new Row(new double[] {1, 2, 1}, new double[] {0}, 1),
                new Row(new double[] {2, 4, 1}, new double[] {1}, 1),
                new Row(new double[] {3, 6, 1}, new double[] {2}, 1),
                new Row(new double[] {5, 10, 1}, new double[] {0}, 1));
        Sums sums = Samples.pass(line, new double[3], rows, true);
        assertThatThrownBy(() -> DenseFactor.build(line, sums))
                .isInstanceOf(SingularCurvatureException.class)
                .hasMessageContaining("column 1 of 3")
                .hasMessageContaining("Set l2 > 0");
    }

    @Test
    void shouldSayThatThePenaltyIsLostBesideHugeFeatures() {
        Objective penalised = new Objective(Family.LOGISTIC, 2, 1, Intercept.NONE, 1);
        List<Row> rows = List.of(
                new Row(new double[] {1e9, 1e9}, new double[] {1}, 1),
                new Row(new double[] {-2e9, -2e9}, new double[] {-1}, 1));
        Sums sums = Samples.pass(penalised, new double[2], rows, true);
        assertThatThrownBy(() -> DenseFactor.build(penalised, sums))
                .isInstanceOf(SingularCurvatureException.class)
                .hasMessageContaining("column 1 of 2")
                .hasMessageContaining("Scale the features down")
                .hasMessageNotContaining("Set l2 > 0");
    }

    @Test
    void shouldAdviseToPenaliseAnInterceptThatNothingHolds() {
        Objective free = new Objective(Family.LOGISTIC, 1, 1, Intercept.FREE, 1);
        List<Row> rows = List.of(
                new Row(new double[] {1e9, 1}, new double[] {1}, 1),
                new Row(new double[] {1e9, 1}, new double[] {-1}, 1));
        Sums sums = Samples.pass(free, new double[2], rows, true);
        assertThatThrownBy(() -> DenseFactor.build(free, sums))
                .isInstanceOf(SingularCurvatureException.class)
                .hasMessageContaining("column 1 of 2 is the intercept")
                .hasMessageContaining("Penalise the intercept")
                .hasMessageNotContaining("Set l2 > 0");
    }

    @Test
    void shouldNotCallUnscaledColumnsSingular() throws Exception {
        Objective line = new Objective(Family.RIDGE, 1, 1, Intercept.FREE, 0);
        List<Row> rows = List.of(
                new Row(new double[] {1e9, 1}, new double[] {1}, 1),
                new Row(new double[] {-1e9, 1}, new double[] {2}, 1),
                new Row(new double[] {5e8, 1}, new double[] {3}, 1));
        try (DenseFactor factor = DenseFactor.build(line, Samples.pass(line, new double[2], rows, true))) {
            assertThat(factor.quality()).isGreaterThan(0.5);
        }
    }

    @Test
    void shouldRefuseNumbersThatAreNotFinite() {
        Objective line = new Objective(Family.RIDGE, 1, 1, Intercept.NONE, 1);
        Sums sums = Samples.pass(line, new double[1], List.of(new Row(new double[] {1e200}, new double[1], 1)), true);
        assertThatThrownBy(() -> DenseFactor.build(line, sums)).isInstanceOf(SingularCurvatureException.class);
    }

    @Test
    void shouldRefuseSumsWithoutCurvature() {
        Objective objective = new Objective(Family.LOGISTIC, 1, 1, Intercept.NONE, 1);
        assertThatThrownBy(() -> DenseFactor.build(objective, Sums.empty(objective, false, true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no curvature");
    }

    @ParameterizedTest
    @EnumSource(
            value = Family.class,
            names = {"LOGISTIC", "SOFTMAX"})
    void shouldTakeTheGramOfTheFactorWhosePlaceItTakes(Family family) throws Exception {
        int outputs = family == Family.SOFTMAX ? 3 : 1;
        Objective objective = new Objective(family, 4, outputs, Intercept.PENALISED, 0.5);
        List<Row> rows = new Samples(objective, 5).weightedRows(40);
        double[] theta = new double[objective.parameters()];
        Sums all = Samples.pass(objective, theta, rows, true);
        Sums curvatureOnly = new Sums(
                all.rows(), 0, all.weight(), all.loss(), 0, all.maxNorm(), all.gradient(), all.curvature(), null, null);
        try (DenseFactor before = DenseFactor.build(objective, all);
                DenseFactor after = DenseFactor.build(objective, curvatureOnly);
                DenseFactor reference = Samples.factor(objective, theta, rows.subList(1, 40))) {
            assertThat(after.hasGram()).isFalse();
            assertThatThrownBy(() -> after.gramForm(theta)).isInstanceOf(IllegalStateException.class);
            after.takeGram(before);
            after.update(List.of(), rows.subList(0, 1), theta);
            double[] v = new Random(5).doubles(objective.parameters()).toArray();
            assertThat(after.gramForm(v)).isCloseTo(reference.gramForm(v), within(1e-9));
            assertThat(before.hasGram()).isFalse();
        }
    }

    @Test
    void shouldRefuseMoreParametersThanItKeepsDense() {
        Objective objective = new Objective(Family.SOFTMAX, 261, 10, Intercept.NONE, 1);
        assertThatThrownBy(() -> new PassAccumulator(objective, new double[2610], true, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 2600")
                .hasMessageContaining("got 2610");
    }

    /** Large enough that rank-1 terms are held back before they are added in. */
    @ParameterizedTest
    @ValueSource(ints = {1, 31, 33, 70})
    void shouldStayTheInverseWhileUpdatesAreHeldBack(int updates) {
        Objective objective = new Objective(Family.LOGISTIC, 520, 1, Intercept.NONE, 3);
        Samples samples = new Samples(objective, 4);
        List<Row> rows = new ArrayList<>(samples.rows(600));
        double[] theta = new Random(4).doubles(520, -0.1, 0.1).toArray();
        try (Factor factor = build(objective, theta, rows)) {
            for (int i = 0; i < updates; i++) {
                Row added = samples.row(1.5);
                factor.update(List.of(added), List.of(), theta);
                factor.update(List.of(), List.of(rows.remove(0)), theta);
                rows.add(added);
            }
            assertThat(factor.drift()).isLessThan(1e-11);
            try (Factor fresh = build(objective, theta, rows)) {
                assertSame(objective, factor, fresh);
                for (int size : new int[] {2, 4, 5, 20}) {
                    List<Row> block = List.copyOf(rows.subList(0, size));
                    factor.update(List.of(), block, theta);
                    factor.update(block, List.of(), theta);
                    assertSame(objective, factor, fresh);
                }
            }
        }
    }

    @Test
    void shouldEstimateTheSmallestCurvature() {
        Objective objective = new Objective(Family.RIDGE, 2, 1, Intercept.NONE, 0.5);
        List<Row> rows =
                List.of(new Row(new double[] {3, 0}, new double[1], 1), new Row(new double[] {0, 1}, new double[1], 1));
        try (Factor factor = build(objective, new double[2], rows)) {
            assertThat(factor.smallestCurvature()).isCloseTo(1.5, within(1e-9));
        }
    }
}
