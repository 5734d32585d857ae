package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Settler.Decision;
import dev.lethe.unlearn.correction.Settler.Step;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettlerTest {

    private static final Objective LOGISTIC = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 0.7);
    private static final Objective RIDGE = new Objective(Family.RIDGE, 5, 1, Intercept.FREE, 0.7);

    private static Anchor evaluated(Objective objective, Step step, List<Row> rows) {
        Step.Evaluate evaluate = (Step.Evaluate) step;
        Anchor anchor =
                Anchor.at(objective, evaluate.theta(), null, Samples.pass(objective, evaluate.theta(), rows, false));
        if (evaluate.curvature()) {
            anchor.install(Samples.factor(objective, evaluate.theta(), rows), evaluate.theta());
        }
        return anchor;
    }

    @Test
    void shouldSettleRidgeInOneStepAndConfirm() {
        List<Row> rows = new Samples(RIDGE, 1).rows(100);
        Settler settler = Settler.first(RIDGE, new double[RIDGE.parameters()]);
        Step begin = settler.begin();
        assertThat(((Step.Evaluate) begin).curvature()).isTrue();
        Anchor start = evaluated(RIDGE, begin, rows);
        Decision first = settler.next(null, start);
        assertThat(((Step.Evaluate) first.step()).curvature()).isFalse();
        Anchor confirmed = evaluated(RIDGE, first.step(), rows);
        Decision second = settler.next(start, confirmed);
        assertThat(second).isEqualTo(new Decision(true, new Step.Settled(false)));
        try (Anchor survivor = second.survivor(start, confirmed)) {
            assertThat(survivor).isSameAs(confirmed);
            assertThat(survivor.hasFactor()).isTrue();
            assertThat(start.hasFactor()).isFalse();
        }
    }

    /** A stream without a gap disturbs every pass, before its cut and behind it: no settling is longer for it. */
    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldSettleUnderAStreamWithoutAGap(Objective objective) {
        Samples samples = new Samples(objective, 2);
        List<Row> today = new ArrayList<>(samples.rows(400));
        Anchor current = InMemoryFit.fit(objective, today, null);
        fold(removals(today, 40), current);
        List<Row> known = List.copyOf(today);
        Settler settler = Settler.from(current, false);
        Step step = settler.begin();
        List<RowChange> since = new ArrayList<>();
        for (int passes = 0; step instanceof Step.Evaluate; passes++) {
            assertThat(passes).isLessThan(20);
            List<RowChange> cut = removals(today, 1);
            fold(cut, current);
            since.addAll(cut);
            Anchor candidate = evaluated(objective, step, today);
            List<RowChange> behind = removals(today, 1);
            fold(behind, current, candidate);
            since.addAll(behind);
            Decision decision = settler.next(current, candidate, candidate.without(since));
            current = decision.survivor(current, candidate);
            step = decision.step();
        }
        assertThat(step).isInstanceOf(Step.Settled.class);
        try (Anchor settled = current;
                Anchor expected = InMemoryFit.fit(objective, known, null)) {
            assertThat(distance(settled.theta(), expected.theta())).isLessThan(1e-9);
            double residual = Samples.residual(objective, settled.theta(), null, today);
            assertThat(settled.gradientNorm()).isCloseTo(residual, within(1e-9 * (1 + residual)));
        }
    }

    private static List<RowChange> removals(List<Row> from, int count) {
        List<Row> first = from.subList(0, count);
        List<RowChange> removals = first.stream().map(RowChange::remove).toList();
        first.clear();
        return removals;
    }

    private static void fold(List<RowChange> changes, Anchor... anchors) {
        for (Anchor anchor : anchors) {
            anchor.foldGradient(changes);
            anchor.foldFactor(changes);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 1, 1e3})
    void shouldFitSeparableRowsWithALineSearch(double l2) {
        Objective objective = new Objective(Family.LOGISTIC, 2, 1, Intercept.PENALISED, l2);
        Random random = new Random(3);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            double side = i % 2 == 0 ? 1 : -1;
            double[] x = {side * (0.01 + 50 * random.nextDouble()), random.nextGaussian(), 1};
            rows.add(new Row(x, new double[] {side}, 1));
        }
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            assertThat(anchor.gradientNorm())
                    .isLessThanOrEqualTo(Math.max(Settler.tolerance(anchor), anchor.roundingSlack()));
        }
    }

    @Test
    void shouldComeBackFromAFarStart() {
        List<Row> rows = new Samples(LOGISTIC, 4).rows(200);
        double[] far = new Random(4).doubles(LOGISTIC.parameters(), -40, 40).toArray();
        Settler settler = Settler.first(LOGISTIC, far);
        Anchor current = null;
        Step step = settler.begin();
        while (step instanceof Step.Evaluate) {
            Anchor candidate = evaluated(LOGISTIC, step, rows);
            Decision decision = settler.next(current, candidate);
            current = decision.survivor(current, candidate);
            step = decision.step();
        }
        assertThat(step).isInstanceOf(Step.Settled.class);
        current.close();
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldSettleOnTheRefitFromAnyHistory(Objective objective) {
        Samples samples = new Samples(objective, 5);
        List<Row> rows = samples.weightedRows(150);
        double[] b = new Random(5).doubles(objective.parameters(), -1, 1).toArray();
        Anchor anchor = InMemoryFit.fit(objective, rows, b);
        List<RowChange> changes = new ArrayList<>();
        rows.subList(0, 70).forEach(row -> changes.add(RowChange.remove(row)));
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
        List<Row> today = rows.subList(70, 150);
        try (Anchor settled = InMemoryFit.settle(anchor, today);
                Anchor refit = InMemoryFit.fit(objective, today, b)) {
            assertThat(distance(settled.theta(), refit.theta())).isLessThan(1e-9);
            assertThat(settled.state().thetaFactor()).containsExactly(settled.theta());
        }
    }

    @Test
    void shouldSettleAtARoundingFloorWhereTheToleranceIsOutOfReach() {
        Objective tiny = new Objective(Family.RIDGE, 2, 1, Intercept.FREE, 1e-9);
        Random random = new Random(6);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            double[] x = {1e5 * random.nextGaussian(), 1e3 * random.nextGaussian(), 1};
            rows.add(new Row(x, new double[] {1e6 * random.nextGaussian()}, 1));
        }
        try (Anchor anchor = InMemoryFit.fit(tiny, rows, null)) {
            assertThat(anchor.gradientNorm()).isGreaterThan(Settler.tolerance(anchor));
            assertThat(anchor.gradientNorm()).isLessThanOrEqualTo(anchor.roundingSlack());
        }
    }

    @Test
    void shouldGiveUpOnASingularCurvature() {
        Objective free = new Objective(Family.RIDGE, 1, 1, Intercept.FREE, 0);
        List<Row> one = List.of(new Row(new double[] {1, 1}, new double[] {1}, 1));
        assertThatThrownBy(() -> InMemoryFit.fit(free, one, null))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("SINGULAR_CURVATURE")
                .hasMessageContaining("Set l2 > 0");
    }

    @Test
    void shouldGiveUpOnNumbersThatAreNotFinite() {
        Settler settler = Settler.first(LOGISTIC, new double[LOGISTIC.parameters()]);
        settler.begin();
        double[] x = new double[LOGISTIC.columns()];
        x[0] = Double.NaN;
        double[] zeros = new double[LOGISTIC.parameters()];
        List<Row> rows = List.of(new Row(x, new double[] {1}, 1));
        try (Anchor broken = Anchor.at(LOGISTIC, zeros, null, Samples.pass(LOGISTIC, zeros, rows, false))) {
            Decision decision = settler.next(null, broken);
            assertThat(decision.accept()).isFalse();
            assertThat(((Step.GiveUp) decision.step()).code()).isEqualTo("NOT_FINITE");
        }
    }

    @Test
    void shouldHalveAStepThatRaisesTheObjective() {
        List<Row> rows = new Samples(LOGISTIC, 7).rows(100);
        Anchor current = InMemoryFit.fit(LOGISTIC, rows, null);
        List<RowChange> change = List.of(RowChange.remove(rows.get(0)));
        current.foldGradient(change);
        current.foldFactor(change);
        double[] step = current.correct().theta();
        double[] start = current.theta();
        Settler settler = Settler.from(current, false);
        settler.begin();
        // Somewhere else than asked for, and worse.
        double[] worse = start.clone();
        worse[0] += 5;
        Anchor candidate =
                Anchor.at(LOGISTIC, worse, null, Samples.pass(LOGISTIC, worse, rows.subList(1, rows.size()), false));
        Decision decision = settler.next(current, candidate);
        assertThat(decision.accept()).isFalse();
        double[] next = ((Step.Evaluate) decision.step()).theta();
        assertThat(distance(next, start)).isCloseTo(distance(step, start) / 2, within(1e-12));
        try (Anchor survivor = decision.survivor(current, candidate)) {
            assertThat(survivor).isSameAs(current);
            assertThat(survivor.hasFactor()).isTrue();
        }
    }
}
