package dev.lethe.streams.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The demo's result as an aligned Markdown table, in ASCII so that every terminal shows it. */
final class ResultTable {
    private static final List<String> HEADER = List.of(
            "model",
            "test accuracy",
            "distance to a model retrained from scratch without that data",
            "time per request",
            "time to retrain");

    private static final List<String> NOTES = List.of(
            "Distance: norm of the difference of all parameters, against a fit on exactly the rows that should be left,",
            "  with their labels of that moment; relative: divided by the norm of the retrained parameters.",
            "Time per request: wall-clock from sending a request to its receipt, median. For a model as small as this, a",
            "  PATCHED version takes nearly all of it on its way through Kafka, four transactions one after the other. Where a",
            "  request moves the model too far for one step, it is SETTLED first, by passes over the remaining samples.",
            "Time to retrain: a fit from scratch in memory, median of 5 warm runs, without any loading or publishing.");

    private ResultTable() {}

    /** What the columns mean, and what they do not. */
    static List<String> notes() {
        return NOTES;
    }

    /** The lines of the table. */
    static List<String> render(List<ResultRow> rows) {
        return aligned(HEADER, rows.stream().map(ResultTable::cells).toList());
    }

    /** Any table of that form. */
    static List<String> aligned(List<String> header, List<List<String>> rows) {
        List<List<String>> cells = new ArrayList<>();
        cells.add(header);
        cells.addAll(rows);
        int[] widths = IntStream.range(0, header.size())
                .map(column -> cells.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        List<String> lines = new ArrayList<>();
        cells.forEach(row -> lines.add(line(row, widths)));
        lines.add(1, rule(widths));
        return lines;
    }

    private static List<String> cells(ResultRow row) {
        return List.of(
                row.model(),
                String.format(Locale.ROOT, "%.2f %%", 100 * row.accuracy()),
                row.distance().map(distance -> distance(distance, row.scale())).orElse("-"),
                row.perRequest().map(ResultTable::millis).orElse("-"),
                millis(row.retrain()));
    }

    private static String distance(double absolute, double scale) {
        return String.format(Locale.ROOT, "%.1e (relative %.1e)", absolute, absolute / scale);
    }

    /** Three significant digits: more would promise what a shared machine does not keep. */
    static String millis(Duration time) {
        double millis = time.toNanos() / 1e6;
        return String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : millis < 100 ? "%.1f ms" : "%.0f ms", millis);
    }

    private static String line(List<String> cells, int[] widths) {
        return IntStream.range(0, widths.length)
                .mapToObj(column -> padded(cells.get(column), widths[column]))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private static String padded(String cell, int width) {
        return cell + " ".repeat(width - cell.length());
    }

    private static String rule(int[] widths) {
        return IntStream.of(widths).mapToObj("-"::repeat).collect(Collectors.joining(" | ", "| ", " |"));
    }
}
