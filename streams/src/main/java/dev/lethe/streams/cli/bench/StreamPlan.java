package dev.lethe.streams.cli.bench;

/**
 * How much of everything one case of {@code bench stream} sends.
 *
 * @param windows repetitions of each measurement
 * @param paced requests at the paced rate, a window
 * @param backlog requests of one sample each laid up before the clock starts, a window
 * @param passThrough the same for the pass-through, which is quicker
 * @param burstRequests requests of many samples each laid up before the clock starts, a window
 * @param burstSamples samples of each of them
 * @param kept rows that are never deleted
 */
record StreamPlan(int windows, int paced, int backlog, int passThrough, int burstRequests, int burstSamples, int kept) {

    /** Mean rate at which latency is measured. */
    static final int PER_SECOND = 100;
    /** Requests at the paced rate before anything counts. */
    static final int WARM_UP = 200;

    static StreamPlan of(int features, boolean quick) {
        boolean wide = features > 256;
        int windows = quick ? 1 : 3;
        int backlog = wide ? 1_000 : 5_000;
        return new StreamPlan(windows, 300, backlog, 20 * 5_000, wide ? 25 : 0, 100, wide ? 4_000 : 8_000);
    }

    /** Requests that the pass-through is given in all. */
    int passThroughRequests() {
        return WARM_UP + windows * paced + (windows + 1) * passThrough;
    }

    /** Rows to begin with: every deletion finds its own. One backlog and one burst more than are measured warm up. */
    int rows() {
        int singles = WARM_UP + windows * paced + (windows + 1) * backlog;
        return singles + (windows + 1) * burstRequests * burstSamples + kept;
    }
}
