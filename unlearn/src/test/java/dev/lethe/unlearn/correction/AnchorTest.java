package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Predictor;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AnchorTest {

    private static final int ROWS = 300;
    /** Different orders of the same sums, at conditions below 1e4. */
    private static final double SAME = 1e-11;

    private static final Objective LOGISTIC = new Objective(Family.LOGISTIC, 6, 1, Intercept.PENALISED, 0.7);

    /** Rows, a mix of all kinds of change, and the rows after it. */
    private record Story(List<Row> rows, List<RowChange> changes, List<Row> today) {

        static Story of(Objective objective, long seed) {
            Samples samples = new Samples(objective, seed);
            List<Row> rows = samples.weightedRows(ROWS);
            List<Row> today = new ArrayList<>(rows);
            List<RowChange> changes = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                Row before = rows.get(i);
                Row after = i % 3 == 0 ? samples.relabelled(before) : i % 3 == 1 ? samples.row(1.5) : null;
                today.set(i, after);
                changes.add(after == null ? RowChange.remove(before) : RowChange.replace(before, after));
            }
            today.removeIf(row -> row == null);
            for (Row added : samples.weightedRows(10)) {
                today.add(added);
                changes.add(RowChange.add(added));
            }
            return new Story(rows, changes, today);
        }
    }

    private static Anchor fold(Objective objective, Story story, List<List<RowChange>> batches) {
        Anchor anchor = InMemoryFit.fit(objective, story.rows(), null);
        for (List<RowChange> batch : batches) {
            anchor.foldGradient(batch);
            anchor.foldFactor(batch);
        }
        return anchor;
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldKeepBothInvariants(Objective objective) {
        Story story = Story.of(objective, 3);
        try (Anchor anchor = fold(objective, story, List.of(story.changes()));
                DenseFactor fresh = Samples.factor(objective, anchor.theta(), story.today());
                Anchor at = Anchor.at(
                        objective,
                        anchor.theta(),
                        null,
                        Samples.pass(objective, anchor.theta(), story.today(), false))) {
            assertThat(anchor.state().gradient()).containsExactly(at.state().gradient(), within(1e-10));
            assertThat(anchor.objectiveValue()).isCloseTo(at.objectiveValue(), within(1e-9));
            assertThat(anchor.rows()).isEqualTo(story.today().size());
            assertThat(anchor.state().weight()).isCloseTo(at.state().weight(), within(1e-10));
            at.install(fresh, anchor.theta());
            assertThat(distance(anchor.correct().theta(), at.correct().theta())).isLessThan(1e-10);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldKnowHowFarFromItsFactorItStandsWhateverChanges(Objective objective) {
        Story story = Story.of(objective, 5);
        double[] elsewhere =
                new Random(5).doubles(objective.parameters(), -0.2, 0.2).toArray();
        double[] further =
                new Random(6).doubles(objective.parameters(), -0.2, 0.2).toArray();
        try (Anchor anchor = InMemoryFit.fit(objective, story.rows(), null)) {
            anchor.install(Samples.factor(objective, elsewhere, story.rows()), elsewhere);
            requireStaleForm(objective, anchor, elsewhere, story.rows());
            anchor.foldFactor(story.changes());
            requireStaleForm(objective, anchor, elsewhere, story.today());
            anchor.install(Samples.factor(objective, further, story.today()), further);
            requireStaleForm(objective, anchor, further, story.today());
            anchor.foldFactor(story.changes().stream().map(RowChange::reversed).toList());
            requireStaleForm(objective, anchor, further, story.rows());
            anchor.install(Samples.factor(objective, anchor.theta(), story.rows()), anchor.theta());
            assertThat(anchor.held().staleForm(anchor.theta())).isZero();
        }
    }

    /** Σ w‖(θ₀ − θ_P)x‖², row by row. */
    private static void requireStaleForm(Objective objective, Anchor anchor, double[] thetaFactor, List<Row> rows) {
        double[] delta = Vectors.minus(anchor.theta(), thetaFactor);
        double expected = 0;
        for (Row row : rows) {
            double length = Vectors.norm(Predictor.logits(objective, delta, row.x()));
            expected += objective.family() == Family.RIDGE ? 0 : row.weight() * length * length;
        }
        assertThat(anchor.held().staleForm(anchor.theta())).isCloseTo(expected, within(1e-10 * expected));
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldNotDependOnOrderOrBatches(Objective objective) {
        Story story = Story.of(objective, 4);
        double[] whole;
        try (Anchor anchor = fold(objective, story, List.of(story.changes()))) {
            whole = anchor.correct().theta();
        }
        for (long seed = 0; seed < 5; seed++) {
            List<RowChange> shuffled = new ArrayList<>(story.changes());
            Collections.shuffle(shuffled, new Random(seed));
            List<List<RowChange>> batches = new ArrayList<>();
            for (int from = 0, size = 1; from < shuffled.size(); from += size, size++) {
                batches.add(shuffled.subList(from, Math.min(shuffled.size(), from + size)));
            }
            try (Anchor anchor = fold(objective, story, batches)) {
                assertThat(distance(anchor.correct().theta(), whole))
                        .as("seed %d", seed)
                        .isLessThan(SAME * (1 + Vectors.norm(whole)));
                assertThat(anchor.changes()).isEqualTo(shuffled.size());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldComeBackWhenAChangeIsUndone(Objective objective) {
        Story story = Story.of(objective, 5);
        List<RowChange> back = story.changes().stream()
                .map(change -> new RowChange(change.after(), change.before()))
                .toList();
        try (Anchor anchor = fold(objective, story, List.of(story.changes(), back))) {
            assertThat(distance(anchor.correct().theta(), anchor.theta())).isLessThan(1e-10);
            assertThat(anchor.rows()).isEqualTo(ROWS);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldTakeAWeightAsThatManyCopies(Objective objective) {
        Samples samples = new Samples(objective, 6);
        List<Row> rows = samples.rows(80);
        List<Row> twice = new ArrayList<>(rows);
        Row first = rows.get(0);
        twice.add(first);
        List<Row> heavy = new ArrayList<>(rows);
        heavy.set(0, new Row(first.x(), first.y(), 2));
        try (Anchor copies = InMemoryFit.fit(objective, twice, null);
                Anchor weights = InMemoryFit.fit(objective, heavy, null)) {
            assertThat(distance(copies.theta(), weights.theta())).isLessThan(1e-9);
            // Removing one of two copies is lowering the weight from 2 to 1.
            List<RowChange> one = List.of(RowChange.remove(first));
            List<RowChange> lower = List.of(RowChange.replace(heavy.get(0), first));
            copies.foldGradient(one);
            copies.foldFactor(one);
            weights.foldGradient(lower);
            weights.foldFactor(lower);
            assertThat(distance(copies.correct().theta(), weights.correct().theta()))
                    .isLessThan(1e-9);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldBeRestoredFromItsState(Objective objective) {
        Story story = Story.of(objective, 7);
        try (Anchor anchor = fold(objective, story, List.of(story.changes()));
                Anchor restored = Anchor.restore(objective, anchor.state())) {
            assertThat(restored.state()).usingRecursiveComparison().isEqualTo(anchor.state());
            assertThat(restored.hasFactor()).isFalse();
            double[] where = restored.state().thetaFactor();
            restored.install(Samples.factor(objective, where, story.today()), where);
            assertThat(distance(restored.correct().theta(), anchor.correct().theta()))
                    .isLessThan(1e-10);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldGiveTheSameBitsTwice(Objective objective) {
        Story story = Story.of(objective, 12);
        try (Anchor one = fold(objective, story, List.of(story.changes()));
                Anchor two = fold(objective, story, List.of(story.changes()))) {
            assertThat(one.correct().theta()).containsExactly(two.correct().theta());
        }
    }

    @Test
    void shouldKeepRidgeExactOverThousandsOfChanges() {
        Objective ridge = new Objective(Family.RIDGE, 20, 2, Intercept.FREE, 0.3);
        Samples samples = new Samples(ridge, 13);
        List<Row> rows = new ArrayList<>(samples.rows(400));
        try (Anchor anchor = InMemoryFit.fit(ridge, rows, null)) {
            for (int i = 0; i < 3000; i++) {
                Row added = samples.row(1);
                List<RowChange> changes = List.of(RowChange.add(added), RowChange.remove(rows.get(i % 400)));
                rows.set(i % 400, added);
                anchor.foldGradient(changes);
                anchor.foldFactor(changes);
            }
            Correction correction = anchor.correct();
            try (Anchor refit = InMemoryFit.fit(ridge, rows, null)) {
                assertThat(distance(correction.theta(), refit.theta())).isLessThan(1e-11);
            }
            assertThat(correction.residualBound())
                    .isGreaterThanOrEqualTo(Samples.residual(ridge, correction.theta(), null, rows))
                    .isLessThan(1e-6);
        }
    }

    @Test
    void shouldLeaveTheFactorAloneOnARelabel() {
        Samples samples = new Samples(LOGISTIC, 8);
        List<Row> rows = samples.rows(ROWS);
        List<RowChange> change = List.of(RowChange.replace(rows.get(0), samples.relabelled(rows.get(0))));
        double[] unit = new double[LOGISTIC.parameters()];
        unit[0] = 1;
        double[] before = new double[unit.length];
        double[] after = new double[unit.length];
        try (DenseFactor factor = Samples.factor(LOGISTIC, unit, rows);
                Anchor anchor = Anchor.at(LOGISTIC, unit, null, Samples.pass(LOGISTIC, unit, rows, false))) {
            anchor.install(factor, unit);
            factor.multiply(unit, before);
            anchor.foldGradient(change);
            anchor.foldFactor(change);
            factor.multiply(unit, after);
        }
        assertThat(after).containsExactly(before);
    }

    @Test
    void shouldMoveAFactorToAnotherAnchor() {
        List<Row> rows = new Samples(LOGISTIC, 9).rows(ROWS);
        try (Anchor from = InMemoryFit.fit(LOGISTIC, rows, null);
                Anchor to = Anchor.restore(LOGISTIC, from.state())) {
            to.takeFactor(from);
            assertThat(from.hasFactor()).isFalse();
            assertThat(to.state().thetaFactor()).containsExactly(from.theta());
            assertThatThrownBy(from::correct)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("install one first");
            assertThatThrownBy(() -> to.takeFactor(from)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldDropAFactorThatCannotFollowAndSaySo() {
        Objective line = new Objective(Family.RIDGE, 1, 1, Intercept.FREE, 0);
        List<Row> rows = List.of(
                new Row(new double[] {0, 1}, new double[] {1}, 1), new Row(new double[] {1, 1}, new double[] {2}, 1));
        try (Anchor anchor = InMemoryFit.fit(line, rows, null)) {
            List<RowChange> change = List.of(RowChange.remove(rows.get(0)));
            anchor.foldGradient(change);
            anchor.foldFactor(change);
            assertThat(anchor.hasFactor()).isFalse();
            assertThat(anchor.objection()).containsInstanceOf(Verdict.SettleFirst.class);
            assertThat(((Verdict.SettleFirst) anchor.objection().orElseThrow()).code())
                    .isEqualTo("CURVATURE_LOST");
            assertThatThrownBy(() -> InMemoryFit.settle(anchor, rows.subList(1, 2)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("SINGULAR_CURVATURE");
        }
    }

    @Test
    void shouldObjectToALeverageAboveOneHalfUntilTheFactorIsNew() {
        List<Row> rows = new Samples(LOGISTIC, 10).rows(5);
        double[] zeros = new double[LOGISTIC.parameters()];
        double[] far = new double[LOGISTIC.columns()];
        far[0] = 60;
        try (Anchor anchor = Anchor.at(LOGISTIC, zeros, null, Samples.pass(LOGISTIC, zeros, rows, false))) {
            anchor.install(Samples.factor(LOGISTIC, zeros, rows), zeros);
            anchor.foldFactor(List.of(RowChange.add(new Row(far, new double[] {1}, 1))));
            assertThat(anchor.objection()
                            .map(Verdict.SettleFirst.class::cast)
                            .orElseThrow()
                            .code())
                    .isEqualTo("LEVERAGE");
            anchor.install(Samples.factor(LOGISTIC, zeros, rows), zeros);
            assertThat(anchor.objection()).isEmpty();
        }
    }

    @Test
    void shouldRefuseVectorsOfAnotherModel() {
        assertThatThrownBy(() -> Anchor.at(
                        LOGISTIC,
                        new double[3],
                        null,
                        Samples.pass(LOGISTIC, new double[7], List.of(new Samples(LOGISTIC, 1).row(1)), false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("theta: expected 7 values, got 3");
    }
}
