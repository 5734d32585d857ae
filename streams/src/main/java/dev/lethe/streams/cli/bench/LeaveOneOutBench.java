package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.cli.demo.DemoCommand;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import dev.lethe.unlearn.influence.Attribution;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.EvaluatedRows;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceMethods.Options;
import dev.lethe.unlearn.influence.Removals;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.Correlations;
import dev.lethe.unlearn.valuation.LeaveOneOut;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The 1 797 digits, softmax, penalty a thousandth per row: every row left out exactly, and every method's word on it. The test
 * rows are every thirtieth training row, as where the figures that are to be reached were measured; the same without these
 * rows in the training set follows, as that is what a model is used for, and it is harder: a row's influence on itself is then
 * not among the pairs.
 */
final class LeaveOneOutBench {

    private static final int FEATURES = 64;
    private static final double LARGEST_COUNT = 16;
    private static final double PENALTY_PER_ROW = 1e-3;
    private static final int STRIDE = 30;

    private static final int ROUNDS = 15;
    private static final double QUERY_MS = 10;
    private static final double CG_MS = 260;
    private static final double NANOS_PER_MS = 1e6;

    private final BenchTable table;
    private final String setting;
    /** Whether the figures are promised. */
    private final boolean promised;

    private final List<Row> rows = new ArrayList<>();
    private final List<Row> tests = new ArrayList<>();
    private final Objective objective;

    private LeaveOneOutBench(BenchTable table, List<Row> digits, boolean heldOut) {
        this.table = table;
        this.promised = !heldOut;
        this.setting = heldOut ? "digits, tests held out, " : "digits, tests trained on, ";
        for (int i = 0; i < digits.size(); i++) {
            boolean test = i % STRIDE == 0;
            if (test) {
                tests.add(digits.get(i));
            }
            if (!test || !heldOut) {
                rows.add(digits.get(i));
            }
        }
        this.objective =
                new Objective(Family.SOFTMAX, FEATURES, 10, Intercept.PENALISED, PENALTY_PER_ROW * rows.size());
    }

    static void run(BenchTable table) {
        List<Row> digits = digits();
        new LeaveOneOutBench(table, digits, false).run();
        new LeaveOneOutBench(table, digits, true).run();
    }

    private static List<Row> digits() {
        var in = DemoCommand.class.getResourceAsStream("digits.csv.gz");
        try (SampleFile file = SampleFiles.csv("digits.csv.gz", in, FEATURES);
                Stream<Row> rows = file.stream().map(raw -> {
                    double[] x = Arrays.stream(raw.features())
                            .map(v -> v / LARGEST_COUNT)
                            .toArray();
                    return new Row(x, new double[] {Double.parseDouble(raw.label())}, 1);
                })) {
            return AttributionBench.withConstant(rows.toList());
        }
    }

    private void run() {
        table.note("leaving out " + rows.size() + " rows, one at a time, for " + tests.size() + " tests ...");
        double[] theta;
        try (var fit = InMemoryFit.fit(objective, rows, null)) {
            theta = fit.theta().clone();
        }
        try (EvaluatedRows evaluated = EvaluatedRows.of(objective, theta, rows);
                DirectInverse direct = InfluenceMethods.direct(evaluated)) {
            double[] exact = exact(evaluated, direct);
            Attribution attribution = new Attribution(evaluated, direct);
            Removals removals = Removals.of(evaluated, direct);
            compare("direct, first order", exact, attribution.onEach(tests), 0.9985);
            compare("direct, down-dated", exact, attribution.onEach(tests, removals), 0.9985);
            compare("direct, down-dated and moved", exact, attribution.rises(tests, removals), 0.9997);
            compare("arnoldi, rank 200", exact, by(evaluated, InfluenceMethods.ARNOLDI), 0.98);
            compare("nystroem, rank 200", exact, by(evaluated, InfluenceMethods.NYSTROEM), 0.98);
            compare("cg", exact, by(evaluated, InfluenceMethods.CG), 0.9985);
            if (promised) {
                times(evaluated, attribution);
            }
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("digits with a penalty are not singular", e);
        }
    }

    private double[] exact(EvaluatedRows evaluated, DirectInverse direct) {
        LeaveOneOut refits = new LeaveOneOut(evaluated, direct);
        double[] exact = new double[rows.size() * tests.size()];
        try (Progress progress = Progress.start("refits", rows.size())) {
            for (int i = 0; i < rows.size(); i++) {
                System.arraycopy(refits.effect(i, tests), 0, exact, i * tests.size(), tests.size());
                progress.step();
            }
        }
        return exact;
    }

    private double[] by(EvaluatedRows evaluated, InfluenceMethods method) {
        try (var made = method.over(evaluated, Options.DEFAULT)) {
            return new Attribution(evaluated, made).onEach(tests);
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("only the direct method inverts", e);
        }
    }

    private void times(EvaluatedRows evaluated, Attribution attribution) {
        time(
                "query of " + rows.size() + " x " + tests.size() + ", factor there",
                QUERY_MS,
                () -> attribution.onEach(tests));
        time("the same by cg", CG_MS, () -> by(evaluated, InfluenceMethods.CG));
        time("the same by block-cg", CG_MS, () -> by(evaluated, InfluenceMethods.BLOCK_CG));
    }

    private void compare(String method, double[] exact, double[] estimate, double least) {
        String name = setting + "leave-one-out, Pearson, " + method;
        double pearson = Correlations.pearson(exact, estimate);
        if (promised) {
            AttributionBench.atLeast(table, name, pearson, least);
        } else {
            table.add(name, "1", new Figures(pearson, 0, 1));
        }
    }

    private void time(String name, double most, Runnable work) {
        double[] took = new double[ROUNDS];
        for (int i = -ROUNDS / 3; i < ROUNDS; i++) {
            long start = System.nanoTime();
            work.run();
            if (i >= 0) {
                took[i] = (System.nanoTime() - start) / NANOS_PER_MS;
            }
        }
        table.addAtMost("digits, " + name, "ms", Figures.of(took, most), 1);
    }
}
