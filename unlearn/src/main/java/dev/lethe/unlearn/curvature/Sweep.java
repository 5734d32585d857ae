package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.SymmetricMatrix;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;

/** What one set of rows adds to a pass, whatever the pass wants. Not thread-safe. */
public final class Sweep implements AutoCloseable {

    private final PassAccumulator sums;
    private final PreconditionerSums preconditioner;
    private final CurvatureProduct product;
    private final int columns;
    /** One more than the rows that are kept, for {@link #room}. */
    private final double[][] room;

    private int next;
    private long rows;
    private long misfits;
    private double weight;

    /**
     * What a pass is to add up.
     *
     * @param curvature Σ w ∇²ℓ
     * @param gram Σ w xxᵀ
     * @param preconditioner the statistics of a {@link Preconditioner}
     * @param direction v, K·d, or several, one behind the other: Σ w ∇²ℓ·v instead of loss and gradient; or null
     */
    public record Wanted(boolean curvature, boolean gram, boolean preconditioner, double[] direction) {

        public Wanted {
            if (direction != null && (curvature || gram || preconditioner)) {
                throw new IllegalArgumentException("pass: a curvature-vector product goes with nothing else");
            }
        }
    }

    /**
     * @param theta K·d, where to evaluate. Not modified.
     * @throws IllegalArgumentException if a length does not fit, or the curvature is too large to keep dense
     */
    public Sweep(Objective objective, double[] theta, Wanted wanted) {
        boolean product = wanted.direction() != null;
        this.sums = product ? null : new PassAccumulator(objective, theta, wanted.curvature(), wanted.gram());
        this.preconditioner = wanted.preconditioner() ? new PreconditionerSums(objective, theta) : null;
        this.product = product ? new CurvatureProduct(objective, theta, wanted.direction()) : null;
        boolean thin = !product && preconditioner == null && sums.isThin();
        int kept = thin ? FourRows.AT_ONCE : RowBlocks.size(objective.columns());
        this.room = new double[kept + 1][];
        this.columns = objective.columns();
    }

    /**
     * Where the x of the next row may be written to, so that not every row needs an array of its own: the same until it is
     * added, and again once its row is not kept any more.
     */
    public double[] room() {
        if (room[next] == null) {
            room[next] = new double[columns];
        }
        return room[next];
    }

    /**
     * Adds one row.
     *
     * @param row kept until its block is done. Not modified.
     * @throws IllegalArgumentException if the row has another number of columns than the objective
     */
    public void add(Row row) {
        if (row.x() == room[next]) {
            next = (next + 1) % room.length;
        }
        rows++;
        weight += row.weight();
        if (product != null) {
            product.add(row);
            return;
        }
        sums.add(row);
        if (preconditioner != null) {
            preconditioner.add(row);
        }
    }

    /** Counts a row that does not fit the model and is left out. */
    public void misfit() {
        misfits++;
        if (sums != null) {
            sums.misfit();
        }
    }

    /**
     * The curvature Σ w ∇²ℓ that was asked for, without a copy; the caller closes it. It is not in {@link #sums} then, nor
     * is the K of ridge, which is the same, and no row can be added any more.
     */
    public SymmetricMatrix takeCurvature() {
        return sums.takeCurvature();
    }

    /** The sums so far, a copy. */
    public Sums sums() {
        if (product != null) {
            return Sums.ofProduct(rows, misfits, weight, product.product());
        }
        return preconditioner == null ? sums.sums() : sums.sums().withPreconditioner(preconditioner.statistics());
    }

    @Override
    public void close() {
        if (sums != null) {
            sums.close();
        }
        if (preconditioner != null) {
            preconditioner.close();
        }
        if (product != null) {
            product.close();
        }
    }
}
