package dev.lethe.streams.cli.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** How much of a core the just-in-time compiler takes: measured beside it, everything is slower than it will be. */
final class CompilerLoad {
    /** Cores that it may take when a warm-up ends. */
    private static final double QUIET = 0.08;

    private final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    private long since = System.nanoTime();
    private long before = millis();

    /**
     * Warms up until the compiler leaves the machine alone.
     *
     * @param least rounds
     * @param most rounds
     */
    static void quieten(int least, int most, Runnable round) {
        CompilerLoad compiler = new CompilerLoad();
        for (int i = 1; i <= most; i++) {
            round.run();
            boolean quiet = compiler.sinceLast() < QUIET;
            if (quiet && i >= least) {
                return;
            }
        }
    }

    /**
     * Measures something without the compiler.
     *
     * @param tries at most; the last counts, quiet or not
     */
    static <T> T besideQuiet(int tries, Supplier<T> measure) {
        for (int i = 1; ; i++) {
            CompilerLoad compiler = new CompilerLoad();
            T measured = measure.get();
            if (compiler.sinceLast() < QUIET || i == tries) {
                return measured;
            }
        }
    }

    /** Cores, since the last call or the beginning; 0 where the JVM does not tell. */
    private double sinceLast() {
        long now = System.nanoTime();
        long millis = millis();
        double cores = (double) TimeUnit.MILLISECONDS.toNanos(millis - before) / (now - since);
        since = now;
        before = millis;
        return cores;
    }

    private long millis() {
        return compiler != null && compiler.isCompilationTimeMonitoringSupported()
                ? compiler.getTotalCompilationTime()
                : 0;
    }
}
