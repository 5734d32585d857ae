package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.objective.Row;

/**
 * A gradient pass for one output, two rows at a time: one sweep for their logits, and, while they are still in the nearest
 * cache, one that adds them to the gradient. It is done behind the logits of the next pair, so that nothing waits for the
 * loss in between. Nothing is copied: half of a pass is reading the rows once. Not thread-safe.
 *
 * <p>The compiler makes vector instructions of a loop over columns, but not of one that adds columns up: that would change
 * the order of the additions. So the front of a row is laid over itself in four folds, product upon product, which is such
 * a loop, and only what comes of it, a quarter as long, is added up one by one: half the time at 784 columns. A row that
 * is shorter than the folds is only added up.
 */
final class RowPairs {

    /** Rows that are looked up before the first of them is worked on: to wait for memory once, not for each. */
    static final int AT_ONCE = 16;

    /** Bounds and distances have to be constants: else the compiler does not see that the folds keep clear of each other. */
    private static final int FOLD = 192;

    private static final int FRONT = 4 * FOLD;

    /** Pairs summed apart before they join the total: as in a blocked sum, rounding then grows with the blocks. */
    private static final int PAIRS = 256;

    private final double[] theta;
    private final double[] none;
    private final double[] foldsA = new double[FOLD];
    private final double[] foldsB = new double[FOLD];
    private final double[] partial;
    private final double[] total;
    private int pairs;
    /** The pair that is still to be added, with its factors. */
    private double[] lastA;

    private double[] lastB;
    private double factorA;
    private double factorB;

    /** @param theta d. Not modified. */
    RowPairs(double[] theta) {
        this.theta = theta.clone();
        this.none = new double[theta.length];
        this.partial = new double[theta.length];
        this.total = new double[theta.length];
        this.lastA = none;
        this.lastB = none;
    }

    /**
     * Logits.
     *
     * @param first Not modified; kept until the next call.
     * @param second The same; null: there is none
     * @param into at {@code at} and behind it: θᵀx, 0 where there is no row. Modified.
     */
    void logits(Row first, Row second, double[] into, int at) {
        double[] a = first.x();
        double[] b = second == null ? none : second.x();
        boolean folded = theta.length >= FRONT;
        if (folded) {
            fold(theta, a, b, foldsA, foldsB);
        }
        addLast();
        // Without folds their sum is 0.
        into[at] = sum(foldsA) + rest(theta, a, folded ? FRONT : 0);
        into[at + 1] = sum(foldsB) + rest(theta, b, folded ? FRONT : 0);
        lastA = a;
        lastB = b;
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

    /** Partial sums do not wait for each other. */
    private static double sum(double[] folds) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        for (int j = 0; j < FOLD; j += 4) {
            s0 += folds[j];
            s1 += folds[j + 1];
            s2 += folds[j + 2];
            s3 += folds[j + 3];
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

    /** Gradient += Σ factor·x over the rows whose logits were asked for last. @param factors as the logits. */
    void add(double[] factors, int at) {
        factorA = factors[at];
        factorB = factors[at + 1];
    }

    private void addLast() {
        add(partial, lastA, lastB, factorA, factorB);
        lastA = none;
        lastB = none;
        if (++pairs == PAIRS) {
            join();
        }
    }

    private static void add(double[] sum, double[] a, double[] b, double fa, double fb) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += fa * a[j] + fb * b[j];
        }
    }

    private void join() {
        for (int j = 0; j < total.length; j++) {
            total[j] += partial[j];
            partial[j] = 0;
        }
        pairs = 0;
    }

    /** Σ factor·x so far, a copy. */
    double[] gradient() {
        addLast();
        join();
        return total.clone();
    }
}
