package dev.lethe.streams.cli.demo;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.LongSupplier;

/** For logs and pipes: the first and the last line, and one every few seconds in between. */
final class LineDisplay implements Display {
    static final Duration INTERVAL = Duration.ofSeconds(2);

    private final PrintWriter out;
    private final int total;
    private final LongSupplier nanoTime;
    private int done;
    private long printedAt;

    LineDisplay(PrintWriter out, int total, LongSupplier nanoTime) {
        this.out = out;
        this.total = total;
        this.nanoTime = nanoTime;
    }

    @Override
    public void step(String line) {
        done++;
        long now = nanoTime.getAsLong();
        if (done == 1 || done == total || now - printedAt >= INTERVAL.toNanos()) {
            printedAt = now;
            out.println("  [" + done + " of " + total + "] " + line);
            out.flush();
        }
    }

    @Override
    public void close() {
        out.flush();
    }
}
