package dev.lethe.streams.cli.bench;

/**
 * How much of everything one case of {@code bench stream} sends.
 *
 * @param rounds of the warm-up before anything counts, at most
 * @param windows repetitions of each measurement, each time that a contender's turn comes
 * @param paced requests at the paced rate, a window
 * @param backlog requests of one sample each laid up before the clock starts, a window
 * @param passThrough the same for the pass-through, which is quicker
 * @param bursts backlogs of requests of many samples
 * @param burstRequests requests of each of them
 * @param burstSamples samples of each request
 * @param kept rows that are never deleted: with few of them the deletions would change the model out of recognition
 */
record StreamPlan(
        int rounds,
        int windows,
        int paced,
        int backlog,
        int passThrough,
        int bursts,
        int burstRequests,
        int burstSamples,
        int kept) {

    /** Mean rate at which latency is measured. */
    static final int PER_SECOND = 100;
    /** Requests at the paced rate in each round before anything counts. */
    static final int WARM_UP = 200;
    /** Paced windows in the place of one, at most, if the compiler comes between. */
    static final int MOST_TRIES = 3;
    /** Rounds of the warm-up that all contenders share, at most. */
    private static final int MOST_ROUNDS = 24;
    /** The same of what one contender has to itself: its tasks and stores are new. */
    private static final int MOST_OWN_ROUNDS = 8;
    /** Requests off a backlog in a round, at most. */
    private static final int WARM_UP_BACKLOG = 10_000;
    /** The same of the pass-through. */
    private static final int WARM_UP_PASS_THROUGH = 100_000;
    /** A window of it lasts a second, as the others' do: shorter ones varied by more than two. */
    private static final int PASS_THROUGH = 400_000;
    /** As many rows are enough where nothing counts. */
    private static final int FEW = 5_000;

    static StreamPlan of(int features, boolean quick) {
        int windows = quick ? 3 : 5;
        return features > 256
                ? new StreamPlan(MOST_OWN_ROUNDS, windows, 300, 1_000, PASS_THROUGH, windows, 50, 100, 20_000)
                : new StreamPlan(MOST_OWN_ROUNDS, windows, 300, 30_000, PASS_THROUGH, 0, 0, 0, 60_000);
    }

    /** The same with nothing that counts. */
    StreamPlan warmUp() {
        return new StreamPlan(MOST_ROUNDS, 0, 0, warmUpBacklog(), warmUpPassThrough(), 0, 0, 0, FEW);
    }

    /** Requests off a backlog in a round before anything counts. */
    int warmUpBacklog() {
        return Math.min(backlog, WARM_UP_BACKLOG);
    }

    /** The same of the pass-through. */
    int warmUpPassThrough() {
        return Math.min(passThrough, WARM_UP_PASS_THROUGH);
    }

    /** Requests that the pass-through is given in all. */
    int passThroughRequests() {
        return rounds * (WARM_UP + warmUpPassThrough()) + windows * (MOST_TRIES * paced + passThrough);
    }

    /** Rows to begin with: every deletion finds its own. One burst more than is measured warms up. */
    int rows() {
        int singles = rounds * (WARM_UP + warmUpBacklog()) + windows * (MOST_TRIES * paced + backlog);
        return singles + (bursts == 0 ? 0 : bursts + 1) * burstRequests * burstSamples + kept;
    }
}
