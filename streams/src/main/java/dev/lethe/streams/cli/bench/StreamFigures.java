package dev.lethe.streams.cli.bench;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * What a contender reached, a value per window.
 *
 * @param p50 median time from produced request to committed output, ms
 * @param p99 the same, 99th percentile
 * @param rates requests per second off a backlog of requests of one sample
 * @param removals samples per second off a backlog of requests of many
 */
record StreamFigures(double[] p50, double[] p99, double[] rates, double[] removals) {

    static final StreamFigures NONE = new StreamFigures(0);

    StreamFigures(int windows) {
        this(new double[windows], new double[windows], new double[windows], new double[0]);
    }

    static StreamFigures ofRemovals(double[] removals) {
        return new StreamFigures(NONE.p50, NONE.p99, NONE.rates, removals);
    }

    /** The windows of both. */
    StreamFigures and(StreamFigures other) {
        return new StreamFigures(
                both(p50, other.p50), both(p99, other.p99), both(rates, other.rates), both(removals, other.removals));
    }

    private static double[] both(double[] a, double[] b) {
        return DoubleStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }
}
