package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data at the edge: the answer is right, or it is refused with the reason. */
class EdgeCaseTest {

    private static final double SAME = 1e-8;

    static Stream<Objective> objectives() {
        return Samples.objectives();
    }

    private static Objective with(Objective o, Intercept intercept, double l2) {
        return new Objective(o.family(), o.features(), o.outputs(), intercept, l2);
    }

    /** Changes, then the corrected θ settles where a fit of what is left ends. */
    private static void assertFollows(Objective objective, List<Row> before, List<RowChange> changes, List<Row> after) {
        Anchor anchor = InMemoryFit.fit(objective, before, null);
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
        if (anchor.hasFactor()) {
            Correction correction = anchor.correct();
            assertThat(correction.residualBound())
                    .isGreaterThanOrEqualTo(Samples.residual(objective, correction.theta(), null, after));
        }
        try (Anchor settled = InMemoryFit.settle(anchor, after);
                Anchor refit = InMemoryFit.fit(objective, after, null)) {
            // At a tiny penalty softmax has directions that only the penalty holds: there float64 itself ends.
            double floor = (settled.roundingSlack() + refit.roundingSlack()) / objective.l2();
            assertThat(distance(settled.theta(), refit.theta()))
                    .isLessThan(SAME * (1 + Vectors.norm(refit.theta())) + floor);
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldFollowWithFewerRowsThanColumns(Objective objective) {
        List<Row> rows = new ArrayList<>();
        // One of each class and a few more: still fewer than columns.
        for (Row row : new Samples(objective, 1).rows(300)) {
            boolean known = rows.stream().anyMatch(r -> r.y()[0] == row.y()[0]);
            if (rows.size() < objective.columns() - 1 && (!known || objective.family() != Family.SOFTMAX)) {
                rows.add(row);
            }
        }
        Objective any = with(objective, Intercept.NONE, 0.7);
        List<Row> bare = rows.stream()
                .map(row -> new Row(java.util.Arrays.copyOf(row.x(), any.columns()), row.y(), 1))
                .toList();
        assertFollows(any, bare, List.of(RowChange.remove(bare.get(0))), bare.subList(1, bare.size()));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldFollowCopiesOfOneRow(Objective objective) {
        List<Row> rows = new ArrayList<>(new Samples(objective, 2).rows(60));
        Row copied = rows.get(0);
        rows.addAll(Collections.nCopies(100, copied));
        List<RowChange> changes = Collections.nCopies(90, RowChange.remove(copied));
        assertFollows(objective, rows, changes, rows.subList(0, 70));
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldFollowWithAConstantColumn(Objective objective) {
        List<Row> rows = new Samples(objective, 3).rows(80);
        rows.forEach(row -> row.x()[0] = 3);
        assertFollows(objective, rows, List.of(RowChange.remove(rows.get(5))), without(rows, 5));
    }

    @Test
    void shouldRefuseAConstantColumnBesideAFreeInterceptWithoutPenalty() {
        Objective line = new Objective(Family.RIDGE, 2, 1, Intercept.FREE, 0);
        List<Row> rows = new Samples(line, 3).rows(20);
        rows.forEach(row -> row.x()[0] = 3);
        assertThatThrownBy(() -> InMemoryFit.fit(line, rows, null))
                .hasMessageContaining("SINGULAR_CURVATURE")
                .hasMessageContaining("constant");
    }

    private static List<Row> without(List<Row> rows, int at) {
        List<Row> left = new ArrayList<>(rows);
        left.remove(at);
        return left;
    }

    static Stream<Arguments> classifiers() {
        return objectives().filter(o -> o.family() != Family.RIDGE).map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void shouldFollowDownToOneClassOrSayThatThereIsNoMinimum(Objective objective) {
        List<Row> rows = new Samples(objective, 4).rows(120);
        double kept = rows.get(0).y()[0];
        List<Row> left = rows.stream().filter(row -> row.y()[0] == kept).toList();
        List<RowChange> changes = rows.stream()
                .filter(row -> row.y()[0] != kept)
                .map(RowChange::remove)
                .toList();
        if (objective.intercept() != Intercept.FREE) {
            assertFollows(objective, rows, changes, left);
            return;
        }
        assertThatThrownBy(() -> InMemoryFit.fit(objective, left, null))
                .hasMessageContaining("NO_MINIMUM")
                .hasMessageContaining("intercept: penalised or none");
        Anchor anchor = InMemoryFit.fit(objective, rows, null);
        anchor.foldGradient(changes);
        assertThat(anchor.objection().orElseThrow()).isInstanceOf(Verdict.Refit.class);
        assertThat(anchor.correct().verdict())
                .isInstanceOfSatisfying(
                        Verdict.Refit.class, refit -> assertThat(refit.code()).isEqualTo("NO_MINIMUM"));
        // What a restart keeps of an anchor says so too.
        try (Anchor restored = Anchor.restore(objective, anchor.state())) {
            assertThat(restored.objection()).isPresent();
        }
        assertThatThrownBy(() -> InMemoryFit.settle(anchor, left)).hasMessageContaining("NO_MINIMUM");
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void shouldBeAbleToGoOnWhenTheClassComesBack(Objective objective) {
        List<Row> rows = new Samples(objective, 4).rows(120);
        double kept = rows.get(0).y()[0];
        List<Row> gone = rows.stream().filter(row -> row.y()[0] != kept).toList();
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            double before = anchor.gradientNorm();
            anchor.foldGradient(gone.stream().map(RowChange::remove).toList());
            anchor.foldGradient(gone.stream().map(RowChange::add).toList());
            assertThat(anchor.objection()).isEmpty();
            assertThat(anchor.gradientNorm()).isCloseTo(before, within(1e-11));
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldFollowTheLastRowAwayOrRefuse(Objective objective) {
        List<Row> one = new Samples(objective, 5).rows(1);
        if (objective.intercept() == Intercept.FREE) {
            assertThatThrownBy(() -> InMemoryFit.fit(objective, List.of(), null))
                    .hasMessageContaining("SINGULAR_CURVATURE");
            return;
        }
        assertFollows(objective, one, List.of(RowChange.remove(one.get(0))), List.of());
        try (Anchor empty = InMemoryFit.fit(objective, List.of(), null)) {
            assertThat(empty.theta()).containsOnly(0.0);
            List<RowChange> first = List.of(RowChange.add(one.get(0)));
            empty.foldGradient(first);
            empty.foldFactor(first);
            assertThat(empty.correct().theta()).doesNotContain(Double.NaN);
        }
    }

    @ParameterizedTest
    @MethodSource("objectives")
    void shouldTakeAWeightOfZeroAsNoRow(Objective objective) {
        Samples samples = new Samples(objective, 6);
        List<Row> rows = samples.rows(80);
        List<RowChange> nothing = List.of(RowChange.add(samples.row(0)), RowChange.remove(samples.row(0)));
        try (Anchor anchor = InMemoryFit.fit(objective, rows, null)) {
            double[] theta = anchor.correct().theta();
            anchor.foldGradient(nothing);
            anchor.foldFactor(nothing);
            assertThat(distance(anchor.correct().theta(), theta)).isLessThan(1e-11);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-9, 1e9})
    void shouldFollowAtATinyAndAtAHugePenalty(double l2) {
        objectives().forEach(o -> {
            Objective objective = with(o, o.intercept(), l2);
            List<Row> rows = new Samples(objective, 7).rows(150);
            assertFollows(objective, rows, List.of(RowChange.remove(rows.get(3))), without(rows, 3));
        });
    }
}
