package dev.lethe.streams.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a task is, on stderr: a bar on a terminal, a line every few seconds elsewhere. */
public final class Progress implements AutoCloseable {
    private static final Duration LINE_EVERY = Duration.ofSeconds(3);
    private static final int BAR_WIDTH = 100;

    private final String task;
    private final PrintStream err;
    private final ProgressBar bar;
    private final long start = System.nanoTime();
    private long lastLine = start;
    private long done;
    private String note = "";

    private Progress(String task, PrintStream err, ProgressBar bar) {
        this.task = task;
        this.err = err;
        this.bar = bar;
    }

    /**
     * Starts a task.
     *
     * @param total steps; -1 where unknown
     */
    public static Progress start(String task, long total) {
        return new Progress(task, System.err, terminal() ? bar(task, total) : null);
    }

    private static ProgressBar bar(String task, long total) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, BAR_WIDTH))
                .build();
    }

    /** Whether stderr is a terminal: said by the launcher, since Java only knows of stdin and stdout. */
    static boolean terminal() {
        return Boolean.getBoolean("lethe.terminal");
    }

    /** One more step is done. */
    public void step() {
        step("");
    }

    /** One more step is done; the note stands beside the count. */
    public void step(String newNote) {
        done++;
        note = newNote;
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(note);
        } else if (System.nanoTime() - lastLine > LINE_EVERY.toNanos()) {
            line("");
        }
    }

    private void line(String end) {
        lastLine = System.nanoTime();
        double seconds = (lastLine - start) / 1e9;
        err.printf(
                Locale.ROOT, "lethe: %s %d%s %.1f s%s%n", task, done, note.isEmpty() ? "" : " " + note, seconds, end);
    }

    /** The task is over. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        } else {
            line(", done");
        }
    }
}
