package dev.lethe.streams.cli.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** How much of a core the just-in-time compiler takes: measured beside it, everything is slower than it will be. */
final class CompilerLoad {
    private final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    private long since = System.nanoTime();
    private long before = millis();

    /** Cores, since the last call or the beginning; 0 where the JVM does not tell. */
    double sinceLast() {
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
