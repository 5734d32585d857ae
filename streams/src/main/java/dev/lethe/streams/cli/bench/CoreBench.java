package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.nio.file.Path;
import java.util.List;

/** The cases of {@code bench core}. */
final class CoreBench {

    /** Promised at this size. */
    private static final int PROMISED = 784;

    private static final double CHANGE_TARGET = 1.5;
    private static final double PASS_TARGET = 2.3;
    /** The least that keeping a factor must gain over rebuilding the Hessian for a removal. */
    private static final double REBUILD_TARGET = 1e-3;

    private static final int BATCH = 64;
    private static final int[] FEATURES = {64, 256, PROMISED, 2048};
    private static final int[] QUICK_FEATURES = {64, PROMISED};
    private static final int PASS_ROWS = 60_000;
    private static final int QUICK_PASS_ROWS = 12_000;
    /** Loops are compiled in full after some thousand turns; a change of 64 columns has fewer than one of 2 048. */
    private static final int WARM_UP = 400;

    private static final int ROUNDS = 400;
    private static final int LONG_WARM_UP = 10;
    private static final int LONG_ROUNDS = 21;

    private final BenchTable table;
    private final int part;

    private CoreBench(BenchTable table, boolean quick) {
        this.table = table;
        this.part = quick ? 4 : 1;
    }

    /** @param mnist folder of MNIST's training files; null for seeded rows of its shape */
    static void run(BenchTable table, boolean quick, Path mnist) {
        CoreBench bench = new CoreBench(table, quick);
        for (int features : quick ? QUICK_FEATURES : FEATURES) {
            Objective objective = new Objective(Family.LOGISTIC, features, 1, Intercept.NONE, 1);
            bench.changes("logistic d=" + features, objective, features == PROMISED);
        }
        bench.changes("softmax 65x10", new Objective(Family.SOFTMAX, 65, 10, Intercept.NONE, 1), false);
        bench.rebuild(Mnist38.of(mnist));
        bench.pass(quick ? QUICK_PASS_ROWS : PASS_ROWS);
    }

    /** A removal out of a batch of 64, certificate included, against the Hessian of all rows and its Cholesky factor. */
    private void rebuild(Mnist38 data) {
        table.note("measuring removals against rebuilding the Hessian, " + data.name() + " ...");
        try (CoreCase model = new CoreCase(data.objective(), data.rows())) {
            Figures figures = Timing.alternate(
                    LONG_WARM_UP / part,
                    LONG_ROUNDS / part,
                    round -> model.certifiedBatch(round, BATCH),
                    round -> model.rebuild());
            table.addAtMost(
                    "remove in batches of 64 with certificate, each, against a new Hessian, " + data.name(),
                    figures.per(BATCH).withReferenceTimes(BATCH),
                    REBUILD_TARGET);
        }
    }

    private void changes(String name, Objective objective, boolean promised) {
        table.note("measuring " + name + " ...");
        try (CoreCase data = new CoreCase(objective);
                BareKernels bare = new BareKernels(objective)) {
            int rounds = rounds(objective);
            Figures one = Timing.alternate(rounds, rounds, data::change, bare::one);
            add("remove one, " + name, one, promised);
            Figures certified = Timing.alternate(rounds, rounds, data::certifiedChange, bare::oneWithGram);
            add("remove one with certificate, " + name, certified, promised);
            int batches = Math.max(LONG_ROUNDS, rounds / 8);
            Figures batch = Timing.alternate(batches, batches, r -> data.certifiedBatch(r, BATCH), bare::batch);
            add("remove in batches of 64 with certificate, each, " + name, batch.per(BATCH), promised);
            Figures build = Timing.alternate(2, 9, data::build, bare::invert);
            add("build the factor, " + name, build, false);
        }
    }

    private int rounds(Objective objective) {
        return objective.parameters() > PROMISED ? ROUNDS / 4 / part : (ROUNDS + WARM_UP) / part;
    }

    private void add(String name, Figures figures, boolean promised) {
        if (promised) {
            table.addAtMost(name, figures, CHANGE_TARGET);
        } else {
            table.add(name, figures);
        }
    }

    /** Against the time to move the matrix once at the bandwidth of a copy, which reads and writes it. */
    private void pass(int count) {
        Objective objective = new Objective(Family.LOGISTIC, PROMISED, 1, Intercept.NONE, 1);
        table.note("measuring a gradient pass over " + count + " x " + PROMISED + " ...");
        List<Row> rows = CoreCase.rows(objective, count);
        double[] theta = new double[objective.parameters()];
        // One buffer of the matrix' size, copied half onto half: twice that is one copy of the whole.
        try (DenseMatrix buffer = DenseMatrix.zeros(PROMISED, count)) {
            int half = count / 2;
            Figures figures =
                    Timing.alternate(LONG_WARM_UP, LONG_ROUNDS, round -> gradient(objective, theta, rows), round -> {
                        buffer.copyColumns(0, half, half);
                        buffer.copyColumns(half, 0, half);
                    });
            table.addAtMost("gradient pass " + count + " x " + PROMISED, figures.withReferenceTimes(0.5), PASS_TARGET);
        }
    }

    private static void gradient(Objective objective, double[] theta, List<Row> rows) {
        try (PassAccumulator pass = new PassAccumulator(objective, theta, false, false)) {
            rows.forEach(pass::add);
            pass.sums();
        }
    }
}
