package dev.lethe.streams.cli.bench;

/**
 * What a contender reached, a value per window.
 *
 * @param p50 median time from produced request to committed output, ms
 * @param p99 the same, 99th percentile
 * @param rates requests per second off a backlog of requests of one sample
 */
record StreamFigures(double[] p50, double[] p99, double[] rates) {

    StreamFigures(int windows) {
        this(new double[windows], new double[windows], new double[windows]);
    }
}
