package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.objective.Gauge;
import dev.lethe.unlearn.objective.Objective;

/** Over rows held in memory: two matrix products a block of rows (Pearlmutter 1994); never forms H. Not thread-safe. */
final class CurvatureOperator implements Curvature {

    /** Numbers K·m × block: a megabyte or so stays in the second-level cache. */
    private static final int MAX_VALUES = 1 << 18;

    private static final int MAX_ROWS = 512;

    private final EvaluatedRows rows;
    private final Objective objective;

    CurvatureOperator(EvaluatedRows rows) {
        this.rows = rows;
        this.objective = rows.objective();
    }

    @Override
    public Objective objective() {
        return objective;
    }

    @Override
    public double[] data(double[] v, int count) {
        return data(v, count, 0, rows.count());
    }

    /** Σ w ∇²ℓ·V over rows [from, to), without the penalty. @param v K·d × count. Not modified. */
    double[] data(double[] v, int count, int from, int to) {
        int d = objective.columns();
        int wide = objective.outputs() * count;
        int block = Math.max(1, Math.min(Math.min(MAX_ROWS, MAX_VALUES / wide), to - from));
        double[] moved = new double[wide * block];
        double[] out = new double[v.length];
        try (DenseMatrix in = DenseMatrix.zeros(d, wide);
                DenseMatrix sum = DenseMatrix.zeros(d, wide);
                DenseMatrix panel = DenseMatrix.zeros(wide, block)) {
            in.put(0, v);
            for (int at = from; at < to; at += block) {
                add(at, Math.min(block, to - at), moved, in, panel, sum);
            }
            sum.get(0, out);
        }
        return out;
    }

    private void add(int at, int size, double[] moved, DenseMatrix in, DenseMatrix panel, DenseMatrix sum) {
        int d = objective.columns();
        int wide = in.columns();
        int outputs = objective.outputs();
        DenseKernels.gemmTransposedLeft(
                wide, size, d, 1.0, in.pointer(), rows.matrix().column(at), 0.0, panel.pointer());
        panel.get(0, moved, wide * size);
        for (int i = 0; i < size; i++) {
            for (int column = 0; column < wide; column += outputs) {
                rows.bend(at + i, moved, i * wide + column);
            }
        }
        panel.put(0, moved, wide * size);
        DenseKernels.gemmTransposedRight(
                d, wide, size, 1.0, rows.matrix().column(at), panel.pointer(), 1.0, sum.pointer());
    }

    /** Takes each column off the flat direction; nothing where there is none. @param columns K·d × m. Modified. */
    static void projectColumns(Objective objective, double[] columns) {
        if (!Gauge.needed(objective)) {
            return;
        }
        double[] one = new double[objective.parameters()];
        for (int at = 0; at < columns.length; at += one.length) {
            System.arraycopy(columns, at, one, 0, one.length);
            Gauge.project(objective, one);
            System.arraycopy(one, 0, columns, at, one.length);
        }
    }
}
