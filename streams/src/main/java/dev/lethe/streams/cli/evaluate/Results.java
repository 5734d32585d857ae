package dev.lethe.streams.cli.evaluate;

import de.siegmar.fastcsv.writer.CsvWriter;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The answer of an evaluation: a table for people, the same as CSV for programs. */
final class Results {

    private final List<String[]> rows = new ArrayList<>();

    Results(String... header) {
        rows.add(header);
    }

    void add(Object... cells) {
        String[] row = new String[cells.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = text(cells[i]);
        }
        rows.add(row);
    }

    private static String text(Object cell) {
        return cell instanceof Double value ? String.format(Locale.ROOT, "%.5g", value) : String.valueOf(cell);
    }

    void print(PrintWriter out) {
        Table.print(out, rows);
        out.flush();
    }

    /** Writes {@code DIR/name.csv}; nothing if no folder is asked for. */
    void write(Path folderOrNull, String name) {
        if (folderOrNull == null) {
            return;
        }
        Path file = folderOrNull.resolve(name + ".csv");
        try {
            Files.createDirectories(folderOrNull);
            try (CsvWriter writer = CsvWriter.builder().build(file)) {
                rows.forEach(writer::writeRecord);
            }
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be written (" + e + ")", e);
        }
    }
}
