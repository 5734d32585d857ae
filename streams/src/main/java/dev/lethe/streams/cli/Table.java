package dev.lethe.streams.cli;

import java.io.PrintWriter;
import java.util.List;

/** Text in columns. */
public final class Table {
    private static final String GAP = "  ";

    private Table() {}

    /** Prints rows with each column as wide as its widest cell; the last column is not padded. */
    public static void print(PrintWriter out, List<String[]> rows) {
        int columns = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(row[i]);
                if (i < row.length - 1) {
                    line.append(" ".repeat(widths[i] - row[i].length())).append(GAP);
                }
            }
            out.println(line);
        }
    }
}
