package dev.lethe.unlearn.format;

import com.jerolba.carpet.CarpetReader;
import com.jerolba.carpet.CloseableIterator;
import com.jerolba.carpet.io.FileSystemInputFile;
import dev.lethe.unlearn.objective.Decimals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.schema.Type;

/**
 * Apache Parquet: columns {@code sample_id} and {@code label}, where wanted {@code subject_id} and {@code weight}, and the
 * features: a list column {@code features}, or every other column in the order of the schema.
 */
final class ParquetSource implements RowSource {
    private static final String FEATURES = "features";
    private static final Set<String> OTHERS =
            Set.of(CsvHeader.SAMPLE_ID, CsvHeader.SUBJECT_ID, CsvHeader.LABEL, CsvHeader.WEIGHT);

    private final String file;
    /** Feature columns; empty: there is one list. */
    private final List<String> columns;

    private final CloseableIterator<?> rows;
    private int features;
    private long row = -1;
    private RawSample first;

    ParquetSource(Path path, int features) throws IOException {
        file = path.toString();
        if (!Files.exists(path)) {
            throw new NoSuchFileException(file);
        }
        columns = columns(names(path));
        this.features = features;
        rows = parsed(() -> new CarpetReader<>(path.toFile(), Map.class).iterator());
        if (!columns.isEmpty()) {
            requireFeatures(columns.size());
        } else {
            first = read();
        }
    }

    private List<String> names(Path path) throws IOException {
        return parsed(() -> {
            try (var reader = ParquetFileReader.open(new FileSystemInputFile(path.toFile()))) {
                return reader.getFileMetaData().getSchema().getFields().stream()
                        .map(Type::getName)
                        .toList();
            }
        });
    }

    private List<String> columns(List<String> names) {
        for (String required : List.of(CsvHeader.SAMPLE_ID, CsvHeader.LABEL)) {
            if (!names.contains(required)) {
                throw new SampleFileException(
                        file, "schema", "expected a column '" + required + "', got " + names.size() + " others");
            }
        }
        if (names.contains(FEATURES)) {
            return List.of();
        }
        List<String> rest =
                names.stream().filter(name -> !OTHERS.contains(name)).toList();
        if (rest.isEmpty()) {
            throw new SampleFileException(
                    file, "schema", "expected a list column 'features', or a column for each feature, got neither");
        }
        return rest;
    }

    /** The library says what is wrong with a file in exceptions of many kinds, which may quote it. */
    private <T> T parsed(Parsing<T> parsing) throws IOException {
        try {
            return parsing.parse();
        } catch (SampleFileException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new SampleFileException(
                    file,
                    row < 0 ? null : place(),
                    "is no Parquet that can be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private interface Parsing<T> {
        T parse() throws IOException;
    }

    private void requireFeatures(int got) {
        if (features > 0 && got != features) {
            throw wrong("expected " + features + " features, got " + got);
        }
        features = got;
    }

    @Override
    public RawSample next() throws IOException {
        if (first != null) {
            RawSample sample = first;
            first = null;
            return sample;
        }
        return read();
    }

    private RawSample read() throws IOException {
        if (!parsed(rows::hasNext)) {
            return null;
        }
        Map<?, ?> values = (Map<?, ?>) parsed(rows::next);
        row++;
        double[] x = features(values);
        requireFeatures(x.length);
        return new RawSample(
                text(values, CsvHeader.SAMPLE_ID),
                values.get(CsvHeader.SUBJECT_ID) == null ? null : text(values, CsvHeader.SUBJECT_ID),
                text(values, CsvHeader.LABEL),
                weight(values.get(CsvHeader.WEIGHT)),
                x,
                row);
    }

    private double[] features(Map<?, ?> values) {
        List<?> list = columns.isEmpty()
                ? list(values.get(FEATURES))
                : columns.stream().map(values::get).toList();
        double[] x = new double[list.size()];
        for (int i = 0; i < x.length; i++) {
            x[i] = number(list.get(i), "feature " + i);
        }
        return x;
    }

    private List<?> list(Object value) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw wrong("features: expected a list of numbers");
    }

    private double weight(Object value) {
        double weight = value == null ? 1 : number(value, CsvHeader.WEIGHT);
        if (weight < 0) {
            throw wrong("weight: expected at least 0");
        }
        return weight;
    }

    private double number(Object value, String what) {
        double number = value instanceof Number given ? given.doubleValue() : Double.NaN;
        if (!Double.isFinite(number)) {
            throw wrong(what + ": expected a finite number, got " + kind(value));
        }
        return number;
    }

    private static String kind(Object value) {
        return value == null
                ? "nothing"
                : value instanceof Number ? "NaN or infinity" : value.getClass().getSimpleName();
    }

    /** A text as it stands; a number as NumPy's labels are written: without a point where it is whole. */
    private String text(Map<?, ?> values, String column) {
        Object value = values.get(column);
        if (value instanceof Float single) {
            number(value, column);
            return Decimals.text(single);
        }
        if (value instanceof Double) {
            return Decimals.text(number(value, column));
        }
        if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        throw wrong(column + ": expected a text or a number, got " + kind(value));
    }

    private SampleFileException wrong(String problem) {
        return new SampleFileException(file, row < 0 ? "schema" : place(), problem);
    }

    @Override
    public int features() {
        return features;
    }

    @Override
    public String place() {
        return row < 0 ? null : "row " + row;
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
