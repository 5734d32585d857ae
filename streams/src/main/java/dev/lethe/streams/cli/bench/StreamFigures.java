package dev.lethe.streams.cli.bench;

/**
 * What a contender reached, a value per window.
 *
 * @param p50 median time from produced request to committed output, ms
 * @param p99 the same, 99th percentile
 * @param rates requests per second off a backlog of requests of one sample
 * @param removals samples per second off a backlog of requests of many samples; empty where not measured
 */
record StreamFigures(double[] p50, double[] p99, double[] rates, double[] removals) {

    StreamFigures(int windows, boolean bursts) {
        this(new double[windows], new double[windows], new double[windows], new double[bursts ? windows : 0]);
    }
}
