package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.streams.cli.bench.Timing.Figures;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.follow.ModelFollower;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * An application that predicts in eight threads at a fixed rate, in turns while versions come through a broker and while
 * none do: how long its reads take, and how much of that is neither work nor the wait for a core.
 */
final class FollowStalls {
    private static final int READERS = 8;
    private static final int ROUNDS = 5;
    private static final int VERSIONS = 1_000;
    private static final int WARM_UP = 2_000;
    private static final int CAPACITY = 60_000;
    private static final double LONGEST_NANOS = 5e6;
    private static final double NANOS_PER_MS = 1e6;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final FeedProcess feed;
    private final ModelFollower follower;
    private final List<PacedReader> readers = new ArrayList<>();
    private final GarbagePauses garbage = new GarbagePauses();

    /** One turn of all readers. */
    private record Turn(List<Reads> reads, long[] took, long[] own, long blocked, GarbagePauses.Seen garbage) {}

    private FollowStalls(FeedProcess feed, ModelFollower follower) {
        this.feed = feed;
        this.follower = follower;
    }

    static void run(BenchTable table) {
        try (Progress progress = Progress.start("follow", -1);
                FeedProcess feed = new FeedProcess();
                ModelFollower follower = ModelFollower.follow(
                        ClientSettings.of(feed.bootstrapServers(), FollowFeed.PREFIX), FollowedModel.ID)) {
            follower.await(PATIENCE);
            new FollowStalls(feed, follower).measure(table, progress);
        }
    }

    private void measure(BenchTable table, Progress progress) {
        for (int i = 0; i < READERS; i++) {
            readers.add(new PacedReader(i, follower, new Reads(CAPACITY)));
        }
        readers.forEach(Thread::start);
        // Until everything is compiled.
        feed.prepare(WARM_UP);
        feed.publish();
        List<Turn> quiet = new ArrayList<>();
        List<Turn> busy = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            quiet.add(turn(() -> LockSupport.parkNanos(VERSIONS * FollowFeed.BETWEEN_VERSIONS_NANOS)));
            feed.prepare(VERSIONS);
            busy.add(turn(feed::publish));
            progress.step();
        }
        readers.forEach(PacedReader::end);
        report(table, quiet, busy);
    }

    private Turn turn(Runnable meanwhile) {
        List<Reads> reads = readers.stream().map(r -> new Reads(CAPACITY)).toList();
        long blocked = blocked();
        garbage.look();
        for (int i = 0; i < READERS; i++) {
            readers.get(i).to(reads.get(i));
        }
        meanwhile.run();
        readers.forEach(r -> r.to(new Reads(CAPACITY)));
        // Whoever is reading has finished by then, and the collector has told.
        LockSupport.parkNanos(100 * PacedReader.PERIOD_NANOS);
        if (!readers.stream().allMatch(Thread::isAlive)) {
            throw new LetheException("a reader has ended, see above");
        }
        return new Turn(reads, Reads.took(reads), Reads.own(reads), blocked() - blocked, garbage.look());
    }

    private long blocked() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] ids = readers.stream().mapToLong(Thread::getId).toArray();
        return Arrays.stream(threads.getThreadInfo(ids))
                .mapToLong(ThreadInfo::getBlockedCount)
                .sum();
    }

    private static void report(BenchTable table, List<Turn> quiet, List<Turn> busy) {
        table.add("longest read of " + READERS + " readers while no version comes", "ms", longest(quiet));
        table.addAtMost(
                "longest read of " + READERS + " readers while " + VERSIONS + " versions come, against 5 ms",
                "ms",
                longest(busy),
                1);
        table.add("of all " + ROUNDS + " rounds, less the wait for a core, while no version comes", "ms", own(quiet));
        table.addAtMost("the same while versions come, against 5 ms", "ms", own(busy), 1);
        table.note("collector: " + GarbagePauses.collector());
        if (!RunQueue.isCounted()) {
            table.note("this system does not count the wait for a core: it is in all figures");
        }
        quiet.forEach(t -> table.note("no versions: " + described(t)));
        busy.forEach(t -> table.note("versions:    " + described(t)));
    }

    private static String described(Turn turn) {
        return String.format(
                Locale.ROOT,
                "%d reads, ms: p50 %.3f, p99 %.3f, p99.99 %.3f, longest %.3f; without the wait for a core: p99.99 %.3f,"
                        + " longest %.3f; blocked %d times; %d pauses for garbage, longest %d ms; at least %d versions seen",
                turn.took.length,
                quantile(turn.took, 0.5),
                quantile(turn.took, 0.99),
                quantile(turn.took, 0.9999),
                quantile(turn.took, 1),
                quantile(turn.own, 0.9999),
                quantile(turn.own, 1),
                turn.blocked,
                turn.garbage.count(),
                turn.garbage.longestMs(),
                turn.reads.stream().mapToInt(Reads::versions).min().orElseThrow());
    }

    private static double quantile(long[] sorted, double q) {
        return sorted[(int) Math.min(sorted.length - 1, (long) (q * sorted.length))] / NANOS_PER_MS;
    }

    private static Figures own(List<Turn> turns) {
        double ms = turns.stream().mapToDouble(t -> quantile(t.own, 1)).max().orElseThrow();
        return new Figures(ms, 0, LONGEST_NANOS / NANOS_PER_MS);
    }

    private static Figures longest(List<Turn> turns) {
        double[] ms = turns.stream().mapToDouble(t -> quantile(t.took, 1)).toArray();
        return Figures.of(ms, LONGEST_NANOS / NANOS_PER_MS);
    }
}
