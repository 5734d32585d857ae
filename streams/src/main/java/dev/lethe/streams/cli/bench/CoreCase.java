package dev.lethe.streams.cli.bench;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.PassAccumulator;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** An anchor with its factor over seeded rows of length 1. Even rounds take rows out, odd ones put them back. */
final class CoreCase implements AutoCloseable {

    private static final int SPARE_ROWS = 400;

    private final Objective objective;
    private final List<Row> rows;
    private final double[] theta;
    private final Sums sums;
    private final Anchor anchor;

    /** Over seeded rows. */
    CoreCase(Objective objective) {
        this(objective, rows(objective, 2 * objective.columns() + SPARE_ROWS));
    }

    /** @param rows enough for a definite curvature; not copied, not modified */
    CoreCase(Objective objective, List<Row> rows) {
        this.objective = objective;
        this.rows = rows;
        this.theta = new double[objective.parameters()];
        try (PassAccumulator pass = new PassAccumulator(objective, theta, true, true)) {
            rows.forEach(pass::add);
            this.sums = pass.sums();
        }
        this.anchor = Anchor.at(objective, theta, null, sums);
        anchor.install(newFactor(), theta);
    }

    static List<Row> rows(Objective objective, int count) {
        Random random = new Random(count);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] x = new double[objective.columns()];
            double square = 0;
            for (int j = 0; j < x.length; j++) {
                x[j] = random.nextDouble() - 0.5;
                square += x[j] * x[j];
            }
            for (int j = 0; j < x.length; j++) {
                x[j] /= Math.sqrt(square);
            }
            int label = objective.family() == Family.SOFTMAX ? i % objective.outputs() : i % 2 * 2 - 1;
            rows.add(new Row(x, new double[] {label}, 1));
        }
        return rows;
    }

    private DenseFactor newFactor() {
        try {
            return DenseFactor.build(objective, sums);
        } catch (SingularCurvatureException e) {
            throw new IllegalStateException("seeded rows with l2 > 0 are never singular", e);
        }
    }

    /** The gradient and the down-date; K goes along. */
    void change(int round) {
        fold(changes(round, 1));
    }

    /** The same, and the corrected parameters with their certificate. */
    void certifiedChange(int round) {
        fold(changes(round, 1));
        anchor.correct();
    }

    void certifiedBatch(int round, int size) {
        fold(changes(round, size));
        anchor.correct();
    }

    void build(int round) {
        newFactor().close();
    }

    /** What unlearning without a factor would do each time: the Hessian over all rows, and its Cholesky factor. */
    void rebuild() {
        try (PassAccumulator pass = new PassAccumulator(objective, theta, true, false)) {
            rows.forEach(pass::add);
            try (SymmetricMatrix hessian = SymmetricMatrix.fromPacked(
                    Sums.curvatureSize(objective), pass.sums().curvature())) {
                for (int j = 0; j < hessian.size(); j++) {
                    hessian.add(j, j, objective.l2());
                }
                if (DenseKernels.potrf(hessian.size(), hessian.pointer()) != 0) {
                    throw new IllegalStateException("a penalised Hessian is definite");
                }
            }
        }
    }

    private List<RowChange> changes(int round, int size) {
        int from = round / 2 * size % (rows.size() - size);
        List<RowChange> changes = new ArrayList<>(size);
        for (Row row : rows.subList(from, from + size)) {
            changes.add(round % 2 == 0 ? RowChange.remove(row) : RowChange.add(row));
        }
        return changes;
    }

    private void fold(List<RowChange> changes) {
        anchor.foldGradient(changes);
        anchor.foldFactor(changes);
    }

    @Override
    public void close() {
        anchor.close();
    }
}
