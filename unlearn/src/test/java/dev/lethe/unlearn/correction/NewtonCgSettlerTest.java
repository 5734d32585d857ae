package dev.lethe.unlearn.correction;

import static dev.lethe.unlearn.Samples.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lethe.unlearn.Samples;
import dev.lethe.unlearn.correction.Settler.Step;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep;
import dev.lethe.unlearn.golden.GoldenCase;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.Vectors;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class NewtonCgSettlerTest {

    private static final Objective LARGE = new Objective(Family.SOFTMAX, 600, 5, Intercept.PENALISED, 1);

    /** Runs a settle over rows that may change after every pass, and counts its passes. */
    private static final class Run {
        private final List<Row> rows;
        private final BiConsumer<Anchor, Integer> afterPass;
        private Anchor current;
        private int evaluations;
        private int products;
        private int preconditioners;

        Run(Anchor current, List<Row> rows, BiConsumer<Anchor, Integer> afterPass) {
            this.current = current;
            this.rows = rows;
            this.afterPass = afterPass;
        }

        Step to(Objective objective, Settler settler) {
            Step step = settler.begin();
            while (!(step instanceof Step.Settled) && !(step instanceof Step.GiveUp)) {
                if (step instanceof Step.Multiply where) {
                    Sums sums =
                            sweep(objective, where.theta(), new Sweep.Wanted(false, false, false, where.direction()));
                    products++;
                    afterPass.accept(current, evaluations + products);
                    step = settler.product(current, sums.product());
                } else {
                    step = evaluated(objective, settler, (Step.Evaluate) step);
                }
            }
            return step;
        }

        private Step evaluated(Objective objective, Settler settler, Step.Evaluate where) {
            var wanted = new Sweep.Wanted(false, false, where.preconditioner(), null);
            Sums sums = sweep(objective, where.theta(), wanted);
            evaluations++;
            Anchor candidate = Anchor.at(objective, where.theta(), null, sums);
            if (where.preconditioner()) {
                candidate.install(Preconditioner.build(objective, sums));
                preconditioners++;
            }
            afterPass.accept(candidate, evaluations + products);
            var decision = settler.next(current, candidate);
            current = decision.survivor(current, candidate);
            return decision.step();
        }

        private Sums sweep(Objective objective, double[] theta, Sweep.Wanted wanted) {
            try (Sweep sweep = new Sweep(objective, theta, wanted)) {
                rows.forEach(sweep::add);
                return sweep.sums();
            }
        }

        void report(String what, long start) {
            System.out.printf(
                    "%s: %d evaluations, %d products, %d preconditioners, %.2f s, |grad| %.2g (tolerance %.2g)%n",
                    what,
                    evaluations,
                    products,
                    preconditioners,
                    (System.nanoTime() - start) / 1e9,
                    current.gradientNorm(),
                    Settler.tolerance(current));
        }
    }

    private static Run run(Anchor current, List<Row> rows) {
        return new Run(current, rows, (anchor, pass) -> {});
    }

    private static void fold(Anchor anchor, RowChange... changes) {
        anchor.foldGradient(List.of(changes));
    }

    @ParameterizedTest
    @MethodSource("dev.lethe.unlearn.Samples#objectives")
    void shouldEndWhereTheDenseFactorDoes(Objective objective) {
        List<Row> rows = new Samples(objective, 1).weightedRows(200);
        Run run = run(null, rows);
        Step end = run.to(objective, NewtonCgSettler.first(objective, new double[objective.parameters()]));
        assertThat(end).isEqualTo(new Step.Settled(false));
        try (Anchor settled = run.current;
                Anchor dense = InMemoryFit.fit(objective, rows, null)) {
            assertThat(distance(settled.theta(), dense.theta())).isLessThan(1e-9);
        }
    }

    @Test
    void shouldEndWhereTheDenseFactorDoesWithAThousandParameters() {
        Objective objective = new Objective(Family.SOFTMAX, 200, 5, Intercept.FREE, 0.1);
        List<Row> rows = new Samples(objective, 8).weightedRows(900);
        long start = System.nanoTime();
        Run run = run(null, rows);
        assertThat(run.to(objective, NewtonCgSettler.first(objective, new double[objective.parameters()])))
                .isEqualTo(new Step.Settled(false));
        run.report("5 x 201 fit", start);
        try (Anchor settled = run.current;
                Anchor dense = InMemoryFit.fit(objective, rows, null)) {
            assertThat(distance(settled.theta(), dense.theta())).isLessThan(1e-9);
        }
    }

    @ParameterizedTest
    @EnumSource(Intercept.class)
    void shouldFitAndFollowChangesAboveTheSizeOfADenseFactor(Intercept intercept) {
        Objective objective = new Objective(Family.SOFTMAX, 600, 5, intercept, 1);
        Samples samples = new Samples(objective, 2);
        List<Row> rows = new ArrayList<>(samples.rows(400));
        long start = System.nanoTime();
        Run fit = run(null, rows);
        assertThat(fit.to(objective, Settler.first(objective, new double[objective.parameters()])))
                .isEqualTo(new Step.Settled(false));
        fit.report("5 x 600 fit, intercept " + intercept, start);
        Row removed = rows.remove(0);
        Row old = rows.remove(0);
        Row relabelled = samples.relabelled(old);
        rows.add(relabelled);
        fold(fit.current, RowChange.remove(removed), RowChange.replace(old, relabelled));
        start = System.nanoTime();
        Run settle = run(fit.current, rows);
        assertThat(settle.to(objective, Settler.from(fit.current, false))).isEqualTo(new Step.Settled(false));
        settle.report("5 x 600 removal and relabel", start);
        try (Anchor settled = settle.current;
                Anchor refit = InMemoryFit.fit(objective, rows, null)) {
            assertThat(Samples.residual(objective, settled.theta(), null, rows))
                    .isLessThanOrEqualTo(Settler.tolerance(settled) + settled.roundingSlack());
            assertThat(distance(settled.theta(), refit.theta())).isLessThan(1e-9 * (1 + Vectors.norm(refit.theta())));
        }
    }

    @Test
    void shouldFitAWideLogisticModelWithTheDiagonal() {
        Objective wide = new Objective(Family.LOGISTIC, 3000, 1, Intercept.FREE, 0.5);
        List<Row> rows = new Samples(wide, 3).rows(150);
        long start = System.nanoTime();
        Run run = run(null, rows);
        assertThat(run.to(wide, Settler.first(wide, new double[wide.parameters()])))
                .isEqualTo(new Step.Settled(false));
        run.report("logistic 3000", start);
        run.current.close();
    }

    @Test
    void shouldFoldChangesThatComeBetweenThePasses() {
        Samples samples = new Samples(LARGE, 4);
        List<Row> rows = new ArrayList<>(samples.rows(300));
        Anchor fitted = InMemoryFit.fit(LARGE, rows, null);
        Anchor[] other = {fitted};
        Row gone = rows.remove(0);
        fold(fitted, RowChange.remove(gone));
        Run run = new Run(fitted, rows, (anchor, pass) -> {
            if (pass % 3 == 0 && rows.size() > 290) {
                RowChange late = RowChange.remove(rows.remove(0));
                fold(anchor, late);
                if (anchor != other[0]) {
                    fold(other[0], late);
                }
            }
        });
        Settler settler = Settler.from(fitted, false);
        Step step = settler.begin();
        while (!(step instanceof Step.Settled) && !(step instanceof Step.GiveUp)) {
            other[0] = run.current;
            step = step instanceof Step.Evaluate where
                    ? run.evaluated(LARGE, settler, where)
                    : multiplied(run, settler, (Step.Multiply) step);
        }
        assertThat(step).isEqualTo(new Step.Settled(false));
        assertThat(rows).hasSize(290);
        try (Anchor settled = run.current) {
            assertThat(Samples.residual(LARGE, settled.theta(), null, rows))
                    .isLessThanOrEqualTo(Settler.tolerance(settled) + settled.roundingSlack());
        }
    }

    @Test
    void shouldBeginAgainFromARestoredAnchor() {
        List<Row> rows = new Samples(LARGE, 7).rows(100);
        Anchor fitted = InMemoryFit.fit(LARGE, rows, null);
        fold(fitted, RowChange.remove(rows.get(0)));
        List<Row> today = rows.subList(1, rows.size());
        Settler left = Settler.from(fitted, false);
        Run run = run(fitted, today);
        Step step = run.evaluated(LARGE, left, (Step.Evaluate) left.begin());
        assertThat(multiplied(run, left, (Step.Multiply) step)).isNotInstanceOf(Step.GiveUp.class);
        Anchor restored = Anchor.restore(LARGE, run.current.state());
        run.current.close();
        try (Anchor settled = InMemoryFit.settle(restored, today);
                Anchor refit = InMemoryFit.fit(LARGE, today, null)) {
            assertThat(distance(settled.theta(), refit.theta())).isLessThan(1e-9 * (1 + Vectors.norm(refit.theta())));
        }
    }

    private static Step multiplied(Run run, Settler settler, Step.Multiply where) {
        Sums sums = run.sweep(LARGE, where.theta(), new Sweep.Wanted(false, false, false, where.direction()));
        run.products++;
        run.afterPass.accept(run.current, run.evaluations + run.products);
        return settler.product(run.current, sums.product());
    }

    @ParameterizedTest
    @EnumSource(Intercept.class)
    void shouldForgetTheLastRows(Intercept intercept) {
        Objective objective = new Objective(Family.SOFTMAX, 600, 5, intercept, 1);
        Samples samples = new Samples(objective, 5);
        // With a free intercept there is no minimum while a class has no row.
        List<Row> rows = new ArrayList<>();
        for (int k = 0; k < 5; k++) {
            rows.add(new Row(samples.row(1).x(), new double[] {k}, 1));
        }
        Anchor anchor = InMemoryFit.fit(objective, rows, null);
        rows.forEach(row -> fold(anchor, RowChange.remove(row)));
        try (Anchor empty = InMemoryFit.settle(anchor, List.of())) {
            assertThat(Vectors.norm(empty.theta())).isLessThan(1e-9);
            assertThat(empty.rows()).isZero();
        }
    }

    @Test
    void shouldHalveAStepThatRaisesTheObjectiveAndGiveUpOnDamage() {
        List<Row> rows = new Samples(LARGE, 6).rows(50);
        Anchor fitted = InMemoryFit.fit(LARGE, rows, null);
        fold(fitted, RowChange.remove(rows.get(0)));
        List<Row> today = rows.subList(1, rows.size());
        Settler settler = Settler.from(fitted, true);
        Run run = run(fitted, today);
        Step step = run.evaluated(LARGE, settler, (Step.Evaluate) settler.begin());
        while (step instanceof Step.Multiply where) {
            step = multiplied(run, settler, where);
        }
        double[] full = ((Step.Evaluate) step).theta();
        double[] start = run.current.theta();
        Step halved = run.evaluated(LARGE, settler, new Step.Evaluate(Vectors.plus(start, 1, start), false));
        double[] half = ((Step.Evaluate) halved).theta();
        assertThat(distance(half, start)).isCloseTo(distance(full, start) / 2, within(1e-12));
        run.current.close();
        Settler broken = Settler.first(LARGE, new double[LARGE.parameters()]);
        double[] x = new double[LARGE.columns()];
        x[0] = Double.NaN;
        Run damaged = run(null, List.of(new Row(x, new double[] {1}, 1)));
        var begin = new Step.Evaluate(((Step.Evaluate) broken.begin()).theta(), false);
        assertThat(((Step.GiveUp) damaged.evaluated(LARGE, broken, begin)).code())
                .isEqualTo("NOT_FINITE");
    }

    @Test
    void shouldRefuseAModelWithoutPenalty() {
        Objective free = new Objective(Family.RIDGE, 3000, 1, Intercept.NONE, 0);
        assertThatThrownBy(() -> Settler.first(free, new double[3000]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("l2");
    }

    @Test
    void shouldFollowDeletionsOnDigitsOfMnist() throws IOException {
        Objective objective = new Objective(Family.SOFTMAX, 784, 10, Intercept.FREE, 2);
        List<Row> rows = new ArrayList<>(mnist(2000));
        long start = System.nanoTime();
        Run fit = run(null, rows);
        assertThat(fit.to(objective, Settler.first(objective, new double[objective.parameters()])))
                .isEqualTo(new Step.Settled(false));
        fit.report("MNIST 10 x 785, 2000 rows, fit", start);
        RowChange[] removals =
                rows.subList(0, 10).stream().map(RowChange::remove).toArray(RowChange[]::new);
        rows.subList(0, 10).clear();
        fold(fit.current, removals);
        start = System.nanoTime();
        Run settle = run(fit.current, rows);
        assertThat(settle.to(objective, Settler.from(fit.current, false))).isEqualTo(new Step.Settled(false));
        settle.report("MNIST 10 x 785, 2000 rows, 10 removals", start);
        try (Anchor settled = settle.current;
                Anchor refit = InMemoryFit.fit(objective, rows, null)) {
            assertThat(Samples.residual(objective, settled.theta(), null, rows))
                    .isLessThanOrEqualTo(Settler.tolerance(settled) + settled.roundingSlack());
            assertThat(distance(settled.theta(), refit.theta())).isLessThan(1e-9 * (1 + Vectors.norm(refit.theta())));
        }
    }

    private static List<Row> mnist(int count) throws IOException {
        Path folder = GoldenCase.shared().resolve("data").resolve("mnist");
        List<Row> rows = new ArrayList<>();
        try (var images = open(folder.resolve("train-images-idx3-ubyte.gz"), 16);
                var labels = open(folder.resolve("train-labels-idx1-ubyte.gz"), 8)) {
            for (int i = 0; i < count; i++) {
                double[] x = new double[785];
                for (int j = 0; j < 784; j++) {
                    x[j] = images.readUnsignedByte();
                }
                double norm = Vectors.norm(x);
                for (int j = 0; j < 784; j++) {
                    x[j] /= norm;
                }
                x[784] = 1;
                rows.add(new Row(x, new double[] {labels.readUnsignedByte()}, 1));
            }
        }
        return rows;
    }

    private static DataInputStream open(Path file, int header) throws IOException {
        var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16));
        in.skipNBytes(header);
        return in;
    }
}
