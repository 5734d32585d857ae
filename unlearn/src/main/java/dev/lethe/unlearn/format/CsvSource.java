package dev.lethe.unlearn.format;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.lethe.unlearn.objective.Decimals;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/** CSV after RFC 4180, with a header ({@link CsvHeader}). */
final class CsvSource implements RowSource {
    private static final int MAX_FIELDS = 1 << 20;

    private final String file;
    private final CloseableIterator<CsvRecord> records;
    private final CsvHeader header;
    private final Map<String, Long> lines = new HashMap<>();
    private long line = 1;

    CsvSource(String file, InputStream in, int features) throws IOException {
        this.file = file;
        this.records = CsvReader.builder()
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(CsvRecordHandler.of(h -> h.maxFields(MAX_FIELDS)), InputFiles.utf8(in))
                .iterator();
        CsvRecord first = record();
        if (first == null) {
            throw new SampleFileException(file, null, "is empty; the first line must be " + CsvHeader.EXAMPLE);
        }
        header = CsvHeader.of(file, first.getFields());
        if (features > 0 && features() != features) {
            throw new SampleFileException(
                    file, "header", "expected " + features + " feature columns, got " + features());
        }
    }

    @Override
    public RawSample next() throws IOException {
        CsvRecord row = record();
        if (row == null) {
            return null;
        }
        if (row.getFieldCount() != header.fields()) {
            throw wrong("expected " + header.fields() + " fields as in the header, got " + row.getFieldCount());
        }
        String id = id(row);
        double[] values = new double[features()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(row, header.features()[i]);
        }
        return new RawSample(id, subject(row), row.getField(header.label()), weight(row), values, line);
    }

    /** The next record; the parser's own errors quote what they found, so their texts are not passed on. */
    private CsvRecord record() throws IOException {
        try {
            if (!records.hasNext()) {
                return null;
            }
            CsvRecord row = records.next();
            line = row.getStartingLineNumber();
            return row;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (CsvParseException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new SampleFileException(
                    file,
                    "after line " + line,
                    "expected CSV after RFC 4180, got a quote that is not closed or a field that is too long");
        }
    }

    private String id(CsvRecord row) {
        String id = row.getField(header.id());
        if (id.isEmpty()) {
            throw wrong("column 'sample_id': expected an id, got nothing");
        }
        Long earlier = lines.putIfAbsent(id, line);
        if (earlier != null) {
            throw wrong("sample_id '" + id + "' is already on line " + earlier + "; an id may occur once");
        }
        return id;
    }

    private String subject(CsvRecord row) {
        if (header.subject() < 0) {
            return null;
        }
        String subject = row.getField(header.subject());
        return subject.isEmpty() ? null : subject;
    }

    private double weight(CsvRecord row) {
        double weight = header.weight() < 0 ? 1 : number(row, header.weight());
        if (weight < 0) {
            throw wrong("column 'weight': expected a number of at least 0, got a negative one");
        }
        return weight;
    }

    private double number(CsvRecord row, int column) {
        double value = Decimals.parse(row.getField(column));
        if (Double.isNaN(value)) {
            throw wrong("column '" + header.names().get(column) + "' (" + (column + 1)
                    + "): expected a finite decimal number, got "
                    + (row.getField(column).isBlank() ? "nothing" : "something else"));
        }
        return value;
    }

    @Override
    public int features() {
        return header.features().length;
    }

    @Override
    public String place() {
        return "after line " + line;
    }

    private SampleFileException wrong(String problem) {
        return new SampleFileException(file, "line " + line, problem);
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
