package dev.lethe.unlearn.valuation;

import java.util.Arrays;

/**
 * Feldman and Zhang's subset estimator (2020): how much likelier a row is predicted right by models that saw it than by models
 * that did not. Its counts are its whole state, so it can be stopped and taken up again. Not thread-safe.
 */
public final class Memorisation {

    private int models;
    private final int[] in;
    private final int[] inRight;
    private final int[] outRight;

    /** Of so many rows, no model yet. */
    public Memorisation(int rows) {
        this.in = new int[rows];
        this.inRight = new int[rows];
        this.outRight = new int[rows];
    }

    /** The counts of an earlier run, as {@link #state()} gave them. */
    public static Memorisation resume(int[][] state) {
        Memorisation resumed = new Memorisation(state[1].length);
        resumed.models = state[0][0];
        System.arraycopy(state[1], 0, resumed.in, 0, resumed.in.length);
        System.arraycopy(state[2], 0, resumed.inRight, 0, resumed.in.length);
        System.arraycopy(state[3], 0, resumed.outRight, 0, resumed.in.length);
        return resumed;
    }

    /** Models so far; models with the row; right among those; right among the others. Copies. */
    public int[][] state() {
        return new int[][] {{models}, in.clone(), inRight.clone(), outRight.clone()};
    }

    public int models() {
        return models;
    }

    /** One more model. @param members it was trained on @param right which rows it predicts right. Neither is modified. */
    public void add(boolean[] members, boolean[] right) {
        models++;
        for (int i = 0; i < in.length; i++) {
            in[i] += members[i] ? 1 : 0;
            inRight[i] += members[i] && right[i] ? 1 : 0;
            outRight[i] += !members[i] && right[i] ? 1 : 0;
        }
    }

    /** P(right | in) − P(right | out), per row; NaN where one of the two was never tried. */
    public double[] scores() {
        double[] out = new double[in.length];
        Arrays.setAll(out, i -> (double) inRight[i] / in[i] - (double) outRight[i] / (models - in[i]));
        return out;
    }

    /** Standard error of each score: of two independent shares, with one right and one wrong added to each (Agresti, Caffo). */
    public double[] errors() {
        double[] out = new double[in.length];
        Arrays.setAll(out, i -> Math.sqrt(variance(inRight[i], in[i]) + variance(outRight[i], models - in[i])));
        return out;
    }

    private static double variance(int right, int tried) {
        double share = (right + 1.0) / (tried + 2);
        return share * (1 - share) / (tried + 2);
    }
}
