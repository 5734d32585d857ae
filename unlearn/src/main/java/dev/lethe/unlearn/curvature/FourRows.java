package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Row;

/**
 * A gradient pass for one output, four rows at a time: one sweep for their logits and, while they are still in the nearest
 * cache, one that adds all four to the gradient, which is read and written once for them. Nothing is copied: half of a pass
 * is reading the rows once. Not thread-safe.
 *
 * <p>The compiler makes vector instructions of a loop over columns, but not of one that adds columns up: that would change
 * the order of the additions. So the front of a row is laid over itself in folds, product upon product, and the folds over
 * themselves once more; both are such loops, and only what comes of them, a sixteenth as long, is added up one by one. A row
 * that is shorter than the folds is only added up.
 */
final class FourRows {

    /** Rows that are looked up before the first of them is worked on: to wait for memory once, not for each. */
    static final int AT_ONCE = 16;

    static final int GROUP = 4;

    /** Bounds and distances have to be constants: else the compiler does not see that the folds keep clear of each other. */
    private static final int FOLD = 192;

    private static final int FRONT = 4 * FOLD;

    private static final int SECOND = FOLD / 4;

    /** Groups summed apart before they join the total: as in a blocked sum, rounding then grows with the blocks. */
    private static final int GROUPS = 128;

    private final double[] theta;
    private final double[] none;
    private final double[][] rows = new double[GROUP][];
    private final double[][] folds = new double[GROUP][FOLD];
    private final double[] second = new double[SECOND];
    private final double[] partial;
    private final double[] total;
    private int groups;

    /** @param theta d. Not modified. */
    FourRows(double[] theta) {
        this.theta = theta.clone();
        this.none = new double[theta.length];
        this.partial = new double[theta.length];
        this.total = new double[theta.length];
    }

    /**
     * Logits of the next group.
     *
     * @param from where it begins. Not modified; kept until the next call.
     * @param end of the rows: a group that reaches behind it is filled with zeros
     * @param into at {@code begin} and behind it, four: θᵀx, 0 where there is no row. Modified.
     */
    void logits(Row[] from, int begin, int end, double[] into) {
        for (int i = 0; i < GROUP; i++) {
            rows[i] = begin + i < end ? from[begin + i].x() : none;
        }
        boolean folded = theta.length >= FRONT;
        if (folded) {
            fold(theta, rows[0], rows[1], folds[0], folds[1]);
            fold(theta, rows[2], rows[3], folds[2], folds[3]);
        }
        for (int i = 0; i < GROUP; i++) {
            into[begin + i] = (folded ? sum(folds[i], second) : 0) + rest(theta, rows[i], folded ? FRONT : 0);
        }
    }

    private static void fold(double[] t, double[] a, double[] b, double[] intoA, double[] intoB) {
        for (int j = 0; j < FOLD; j++) {
            double t0 = t[j];
            double t1 = t[j + FOLD];
            double t2 = t[j + 2 * FOLD];
            double t3 = t[j + 3 * FOLD];
            intoA[j] =
                    Math.fma(t3, a[j + 3 * FOLD], Math.fma(t2, a[j + 2 * FOLD], Math.fma(t1, a[j + FOLD], t0 * a[j])));
            intoB[j] =
                    Math.fma(t3, b[j + 3 * FOLD], Math.fma(t2, b[j + 2 * FOLD], Math.fma(t1, b[j + FOLD], t0 * b[j])));
        }
    }

    private static double sum(double[] folds, double[] second) {
        for (int j = 0; j < SECOND; j++) {
            second[j] = (folds[j] + folds[j + SECOND]) + (folds[j + 2 * SECOND] + folds[j + 3 * SECOND]);
        }
        // Partial sums do not wait for each other.
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        for (int j = 0; j < SECOND; j += 4) {
            s0 += second[j];
            s1 += second[j + 1];
            s2 += second[j + 2];
            s3 += second[j + 3];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** Of the columns behind the folds. */
    private static double rest(double[] t, double[] x, int from) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int j = from;
        for (; j < t.length - 3; j += 4) {
            s0 = Math.fma(t[j], x[j], s0);
            s1 = Math.fma(t[j + 1], x[j + 1], s1);
            s2 = Math.fma(t[j + 2], x[j + 2], s2);
            s3 = Math.fma(t[j + 3], x[j + 3], s3);
        }
        for (; j < t.length; j++) {
            s0 = Math.fma(t[j], x[j], s0);
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** Gradient += Σ factor·x over the group whose logits were asked for last. @param factors as the logits; 0: no row. */
    void add(double[] factors, int begin) {
        add(partial, rows, factors[begin], factors[begin + 1], factors[begin + 2], factors[begin + 3]);
        if (++groups == GROUPS) {
            join();
        }
    }

    private static void add(double[] sum, double[][] rows, double fa, double fb, double fc, double fd) {
        double[] a = rows[0];
        double[] b = rows[1];
        double[] c = rows[2];
        double[] d = rows[3];
        for (int j = 0; j < sum.length; j++) {
            sum[j] += (fa * a[j] + fb * b[j]) + (fc * c[j] + fd * d[j]);
        }
    }

    private void join() {
        for (int j = 0; j < total.length; j++) {
            total[j] += partial[j];
            partial[j] = 0;
        }
        groups = 0;
    }

    /** Σ factor·x so far, a copy. */
    double[] gradient() {
        join();
        return total.clone();
    }
}
