package dev.lethe.streams.cli.demo;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** For terminals: every line scrolls by above a progress bar. */
final class BarDisplay implements Display {
    private static final int INTERVAL_MILLIS = 100;

    private final Screen screen;
    private final ProgressBar bar;
    private final long start = System.nanoTime();

    BarDisplay(PrintWriter out, String task, int total) {
        screen = new Screen(out);
        bar = new ProgressBarBuilder()
                .setTaskName("  " + task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(INTERVAL_MILLIS)
                .setConsumer(screen)
                .build();
    }

    @Override
    public void step(String line) {
        screen.line("  " + line);
        bar.step();
        double seconds = (System.nanoTime() - start) / 1e9;
        bar.setExtraMessage(String.format(Locale.ROOT, " %.1f requests/s", bar.getCurrent() / seconds));
    }

    @Override
    public void close() {
        bar.refresh();
        bar.close();
        screen.close();
    }

    /** The bar is drawn by a thread of its own, so that lines and bar share one lock. */
    private static final class Screen implements ProgressBarConsumer {
        private static final String START_OF_EMPTY_LINE = "\r\033[K";

        /** One less than the narrowest usual terminal: a bar that wraps cannot be redrawn. */
        private static final int WIDTH = 79;

        private final PrintWriter out;
        private String bar = "";
        private boolean closed;

        Screen(PrintWriter out) {
            this.out = out;
        }

        synchronized void line(String line) {
            out.print(START_OF_EMPTY_LINE + line + System.lineSeparator() + bar);
            out.flush();
        }

        @Override
        public int getMaxRenderedLength() {
            return WIDTH;
        }

        @Override
        public synchronized void accept(String rendered) {
            if (!closed) {
                bar = rendered;
                out.print(START_OF_EMPTY_LINE + rendered);
                out.flush();
            }
        }

        /** Also called by the bar, on its own thread and at its own time: what comes after the first call is late. */
        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                out.println();
                out.flush();
            }
        }
    }
}
