package dev.lethe.streams.cli.bench;

import java.util.Arrays;

/**
 * Times a piece of work and its reference in turns, so that both meet the same machine: what else runs on it slows both,
 * and the ratio of the medians stays.
 */
final class Timing {

    private static final double NANOS = 1e-3;

    private Timing() {}

    /** One go at a piece of work. */
    interface Work {
        /** @param round 0, 1, 2, …: what one round takes away the next can put back */
        void run(int round);
    }

    /**
     * What came out, in any unit; {@link #alternate} gives microseconds.
     *
     * @param median of the work
     * @param spread of the work: upper less lower quartile
     * @param reference median of the reference
     */
    record Figures(double median, double spread, double reference) {

        double ratio() {
            return median / reference;
        }

        /** Of repetitions, in any order; an even number takes the upper of the middle two. Not modified. */
        static Figures of(double[] repetitions, double reference) {
            double[] sorted = repetitions.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            return new Figures(sorted[n / 2], sorted[n * 3 / 4] - sorted[n / 4], reference);
        }

        /** The same work in so many equal parts. */
        Figures per(int parts) {
            return new Figures(median / parts, spread / parts, reference / parts);
        }

        /** Held against a part or a multiple of the reference. */
        Figures withReferenceTimes(double factor) {
            return new Figures(median, spread, reference * factor);
        }
    }

    /** Rounds of warm-up, then rounds that count. */
    static Figures alternate(int warmUp, int rounds, Work work, Work reference) {
        double[] took = new double[rounds];
        double[] referenceTook = new double[rounds];
        for (int i = -warmUp; i < rounds; i++) {
            double reached = time(reference, i + warmUp);
            double own = time(work, i + warmUp);
            if (i >= 0) {
                took[i] = own;
                referenceTook[i] = reached;
            }
        }
        Arrays.sort(referenceTook);
        return Figures.of(took, referenceTook[rounds / 2]);
    }

    private static double time(Work work, int round) {
        long start = System.nanoTime();
        work.run(round);
        return (System.nanoTime() - start) * NANOS;
    }
}
