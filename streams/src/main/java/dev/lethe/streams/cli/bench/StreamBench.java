package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.config.ServiceConfig;
import java.util.List;
import java.util.Map;

/** The cases of {@code bench stream}. */
final class StreamBench {
    private static final double P50_TARGET = 4;
    private static final double P99_TARGET = 5;
    /** Lethe's own transactions end when there is nothing more to do. */
    private static final String PASS_THROUGH_COMMIT_MS = "10";

    private static final double RATE_TARGET = 1.0 / 15;
    /** Against the same topology with the maths replaced by identity. */
    private static final double IDENTITY_P50_TARGET = 1.5;

    private static final double IDENTITY_RATE_TARGET = 0.5;
    /** Features at which the rate off a backlog is promised; with many more, a row costs what its maths costs. */
    private static final int RATE_PROMISED = 64;

    private static final double REMOVALS_PROMISED = 5_000;

    /** How often Lethe is measured, each time between two of what it is compared with. */
    private static final int TURNS = 2;

    /** Of the warm-up that all contenders share, at least. */
    private static final int LEAST_ROUNDS = 4;

    private final BenchTable table;
    private final BenchBroker broker;
    private final boolean quick;

    private StreamBench(BenchTable table, BenchBroker broker, boolean quick) {
        this.table = table;
        this.broker = broker;
        this.quick = quick;
    }

    static void run(BenchTable table, int[] featureCounts, int[] partitionCounts, boolean quick) {
        try (BenchBroker broker = new BenchBroker()) {
            StreamBench bench = new StreamBench(table, broker, quick);
            for (int features : featureCounts) {
                for (int partitions : partitionCounts) {
                    bench.measure(features, partitions);
                }
            }
        }
    }

    /**
     * What one contender is measured with finds the same compiled code as the next, and the machine to itself: first all
     * warm up, taking turns, until the compiler leaves most of the machine alone; then each runs alone, and warms up by the
     * same rule once more, since its tasks are new. A shared machine is quicker in one minute than in the next, and later
     * is a little better all the same: they take turns, and what Lethe is compared with runs before and after it.
     */
    private void measure(int features, int partitions) {
        StreamPlan plan = StreamPlan.of(features, quick);
        String name = "d=" + features + ", " + partitions + (partitions == 1 ? " partition" : " partitions");
        try (Progress progress = Progress.start("stream " + name, -1)) {
            warmUp(plan.warmUp(), features, partitions, progress);
            StreamFigures straight = alone(passThrough("straight", plan, features, partitions), plan, progress);
            StreamFigures identity = alone(identity("identity", plan, features, partitions), plan, progress);
            StreamFigures lethe = StreamFigures.NONE;
            for (int turn = 1; turn <= TURNS; turn++) {
                lethe = lethe.and(measured("lethe-" + turn, plan, features, partitions, progress));
                identity =
                        identity.and(alone(identity("identity-" + turn, plan, features, partitions), plan, progress));
            }
            straight = straight.and(alone(passThrough("straight-after", plan, features, partitions), plan, progress));
            compare(name, lethe, straight, features == RATE_PROMISED);
            compareWithIdentity(name, lethe, identity, features == RATE_PROMISED);
        }
    }

    private StreamFigures measured(String kind, StreamPlan plan, int features, int partitions, Progress progress) {
        try (StreamLane lane = lethe(kind, plan, features, partitions)) {
            StreamFigures figures = windows(lane, plan, progress);
            return plan.bursts() == 0 ? figures : figures.and(bursts(plan.bursts(), lane, progress));
        }
    }

    private void warmUp(StreamPlan plan, int features, int partitions, Progress progress) {
        try (StreamLane straight = passThrough("warm-straight", plan, features, partitions);
                StreamLane identity = identity("warm-identity", plan, features, partitions);
                StreamLane lethe = lethe("warm-lethe", plan, features, partitions)) {
            CompilerLoad.quieten(LEAST_ROUNDS, plan.rounds(), () -> {
                for (StreamLane lane : List.of(straight, identity, lethe)) {
                    lane.warmUp();
                    progress.step();
                }
            });
        }
    }

    /** @param lane closed afterwards */
    private static StreamFigures alone(StreamLane lane, StreamPlan plan, Progress progress) {
        try (lane) {
            return windows(lane, plan, progress);
        }
    }

    private static StreamFigures windows(StreamLane lane, StreamPlan plan, Progress progress) {
        CompilerLoad.quieten(1, plan.rounds(), () -> {
            lane.warmUp();
            progress.step();
        });
        for (int window = 0; window < plan.windows(); window++) {
            lane.window(window);
            progress.step();
        }
        return lane.figures();
    }

    private StreamLane passThrough(String kind, StreamPlan plan, int features, int partitions) {
        var atTheSameInterval = Map.of("commit.interval.ms", PASS_THROUGH_COMMIT_MS);
        return StreamLane.passThrough(config(kind, features, partitions, atTheSameInterval), plan, features);
    }

    private StreamLane identity(String kind, StreamPlan plan, int features, int partitions) {
        return StreamLane.identity(config(kind, features, partitions, Map.of()), plan, features);
    }

    private StreamLane lethe(String kind, StreamPlan plan, int features, int partitions) {
        return StreamLane.lethe(config(kind, features, partitions, Map.of()), plan, features);
    }

    private static StreamFigures bursts(int bursts, StreamLane lethe, Progress progress) {
        // The first one is not kept: it warms up.
        lethe.burst();
        double[] removals = new double[bursts];
        for (int i = 0; i < bursts; i++) {
            removals[i] = lethe.burst();
            progress.step();
        }
        return StreamFigures.ofRemovals(removals);
    }

    private ServiceConfig config(String kind, int features, int partitions, Map<String, String> more) {
        return broker.deployment(kind + "-" + features + "-" + partitions, partitions, more);
    }

    private void compare(String name, StreamFigures lethe, StreamFigures reference, boolean ratePromised) {
        table.addAtMost("p50 to version, " + name, "ms", against(lethe.p50(), reference.p50()), P50_TARGET);
        table.addAtMost("p99 to version, " + name, "ms", against(lethe.p99(), reference.p99()), P99_TARGET);
        Figures rate = against(lethe.rates(), reference.rates());
        addRate("requests off a backlog, " + name, rate, ratePromised, RATE_TARGET);
        if (lethe.removals().length > 0) {
            Figures removals = Figures.of(lethe.removals(), REMOVALS_PROMISED);
            table.addAtLeast("removals, requests of 100 samples, " + name, "1/s", removals, 1);
        }
    }

    /** What the maths adds to the river. */
    private void compareWithIdentity(String name, StreamFigures lethe, StreamFigures identity, boolean ratePromised) {
        Figures p50 = against(lethe.p50(), identity.p50());
        table.addAtMost("p50 to version against no maths, " + name, "ms", p50, IDENTITY_P50_TARGET);
        Figures rate = against(lethe.rates(), identity.rates());
        addRate("requests off a backlog against no maths, " + name, rate, ratePromised, IDENTITY_RATE_TARGET);
    }

    private void addRate(String row, Figures rate, boolean promised, double target) {
        if (promised) {
            table.addAtLeast(row, "1/s", rate, target);
        } else {
            table.add(row, "1/s", rate);
        }
    }

    private static Figures against(double[] own, double[] reference) {
        return Figures.of(own, Figures.of(reference, 1).median());
    }
}
