package dev.lethe.streams.cli.demo;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * What the demo prints. ASCII only, so that every terminal shows it.
 *
 * @param out where to
 * @param terminal whether a person watches: progress bars then, a line every few seconds otherwise
 */
record DemoOutput(PrintWriter out, boolean terminal) {

    /** Whether standard output is a terminal. */
    static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            // From Java 22 on there is a console without a terminal too, and this method tells.
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    void line(String format, Object... arguments) {
        out.println(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments));
        out.flush();
    }

    void blank() {
        line("");
    }

    Display display(String task, int total) {
        return terminal ? new BarDisplay(out, task, total) : new LineDisplay(out, total, System::nanoTime);
    }

    static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", time.toNanos() / 1e9);
    }
}
