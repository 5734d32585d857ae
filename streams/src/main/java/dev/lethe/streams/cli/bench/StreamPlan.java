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
    /** Requests at the paced rate before anything counts: until then the compiler takes a third of the machine. */
    static final int WARM_UP = 1_000;
    /** Backlogs before anything counts, for the same reason. */
    static final int WARM_UP_BACKLOGS = 6;

    static StreamPlan of(int features, boolean quick) {
        boolean wide = features > 256;
        int windows = quick ? 1 : 3;
        int backlog = wide ? 2_000 : 10_000;
        return new StreamPlan(windows, 300, backlog, 100_000, wide ? 25 : 0, 100, wide ? 4_000 : 8_000);
    }

    /** The same with nothing that counts. */
    StreamPlan warmUpOnly() {
        return new StreamPlan(0, paced, backlog, passThrough, 0, burstSamples, kept);
    }

    /** Requests that the pass-through is given in all. */
    int passThroughRequests() {
        return WARM_UP + windows * paced + (windows + WARM_UP_BACKLOGS) * passThrough;
    }

    /** Rows to begin with: every deletion finds its own. One burst more than is measured warms up. */
    int rows() {
        int singles = WARM_UP + windows * paced + (windows + WARM_UP_BACKLOGS) * backlog;
        return singles + (windows + 1) * burstRequests * burstSamples + kept;
    }
}
