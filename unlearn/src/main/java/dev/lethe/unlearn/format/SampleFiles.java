package dev.lethe.unlearn.format;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Opens sample files: CSV, NumPy .npz or a pair {@code X.npy,y.npy}, Parquet, LIBSVM, or an IDX pair
 * {@code images,labels}; all but .npz and Parquet also gzipped.
 *
 * <p>The name decides (.csv, .npz, .parquet, .libsvm, .svm, .svmlight, each of the texts with .gz); for any other name the content
 * does: a zip is .npz, a Parquet file says so, a text whose first line names {@code sample_id} is CSV, the rest is LIBSVM.
 */
public final class SampleFiles {
    private static final int PEEK = 4096;
    private static final List<String> LIBSVM = List.of(".libsvm", ".svm", ".svmlight");

    private SampleFiles() {}

    /** Opens a file that says itself how many features it has: any but LIBSVM. */
    public static SampleFile open(String spec) {
        return open(spec, 0);
    }

    /**
     * Opens a file.
     *
     * @param spec a path, or two with a comma between them (IDX images, labels; NumPy X, y)
     * @param features expected features per row; 0 to take what the file has
     */
    public static SampleFile open(String spec, int features) {
        try {
            if (spec.indexOf(',') >= 0 && !Files.exists(Path.of(spec))) {
                return openPair(spec, features);
            }
            return new SampleFile(spec, source(spec, Path.of(spec), features));
        } catch (IOException e) {
            throw new SampleFileException(spec, null, FileFormatException.describe(e));
        } catch (InvalidPathException e) {
            throw new SampleFileException(spec, null, "is no valid path on this system");
        }
    }

    /**
     * Reads CSV from a stream, gzipped or plain.
     *
     * @param name for errors
     * @param in closed with the answer
     * @param features expected features per row; 0 to take what the file has
     */
    public static SampleFile csv(String name, InputStream in, int features) {
        try {
            return new SampleFile(
                    name, closingOnFailure(in, () -> new CsvSource(name, InputFiles.decompress(in), features)));
        } catch (IOException e) {
            throw new SampleFileException(name, null, FileFormatException.describe(e));
        }
    }

    private static SampleFile openPair(String spec, int features) throws IOException {
        String[] paths = spec.split(",", -1);
        if (paths.length != 2 || paths[0].isBlank() || paths[1].isBlank()) {
            throw new SampleFileException(
                    spec, null, "expected a file, IDX images and labels as images,labels, or arrays as X.npy,y.npy");
        }
        if (isArray(paths[0]) && isArray(paths[1])) {
            return new SampleFile(spec, NumpySource.pair(Path.of(paths[0].trim()), Path.of(paths[1].trim()), features));
        }
        return new SampleFile(spec, new IdxSource(Path.of(paths[0].trim()), Path.of(paths[1].trim()), features));
    }

    private static boolean isArray(String path) {
        return path.trim().toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "").endsWith(".npy");
    }

    private static RowSource source(String spec, Path path, int features) throws IOException {
        if (Files.isDirectory(path)) {
            throw new SampleFileException(spec, null, "expected a file, got a directory");
        }
        String name = spec.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
        if (name.endsWith(".npz")) {
            return NumpySource.npz(path, features);
        }
        if (name.endsWith(".parquet")) {
            return new ParquetSource(path, features);
        }
        PushbackInputStream in = new PushbackInputStream(new BufferedInputStream(InputFiles.open(path)), PEEK);
        return closingOnFailure(in, () -> {
            byte[] start = in.readNBytes(PEEK);
            in.unread(start);
            if (name.endsWith(".csv")) {
                return new CsvSource(spec, in, features);
            }
            if (LIBSVM.stream().anyMatch(name::endsWith)) {
                return new LibsvmSource(spec, in, features);
            }
            return guess(spec, path, start, in, features);
        });
    }

    private static RowSource guess(String spec, Path path, byte[] start, InputStream in, int features)
            throws IOException {
        String text = new String(start, StandardCharsets.ISO_8859_1);
        if (text.startsWith("PK")) {
            in.close();
            return NumpySource.npz(path, features);
        }
        if (text.startsWith("PAR1")) {
            in.close();
            return new ParquetSource(path, features);
        }
        if (text.lines().findFirst().orElse("").contains(CsvHeader.SAMPLE_ID)) {
            return new CsvSource(spec, in, features);
        }
        return new LibsvmSource(spec, in, features);
    }

    private interface Opening<T> {
        T open() throws IOException;
    }

    private static <T> T closingOnFailure(Closeable in, Opening<T> opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }
}
