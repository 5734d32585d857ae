package dev.lethe.unlearn.format;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Two NumPy arrays, X (n rows of features) and y (n labels, or n × K targets), from one .npz or two .npy files. Both are read
 * at the same time, row by row, wherever they lie in an archive. Other arrays are not read.
 */
final class NumpySource implements RowSource {
    private final String file;
    private final Closeable owned;
    private final NpyReader x;
    private final NpyReader y;
    private final long rows;
    private long row;

    private NumpySource(String file, Closeable owned, NpyReader x, NpyReader y, int features) {
        this.file = file;
        this.owned = owned;
        this.x = x;
        this.y = y;
        this.rows = requireShapes(x.header().shape(), y.header().shape(), features);
    }

    private interface Opening {
        NumpySource open() throws IOException;
    }

    static NumpySource npz(Path path, int features) throws IOException {
        String file = path.toString();
        if (!Files.exists(path)) {
            throw new NoSuchFileException(file);
        }
        ZipFile zip = new ZipFile(path.toFile());
        return closingOnFailure(
                zip, () -> new NumpySource(file, zip, array(file, zip, "X"), array(file, zip, "y"), features));
    }

    static NumpySource pair(Path pathX, Path pathY, int features) throws IOException {
        InputStream inX = InputFiles.open(pathX);
        return closingOnFailure(inX, () -> {
            InputStream inY = InputFiles.open(pathY);
            Closeable both = () -> {
                try (inX) {
                    inY.close();
                }
            };
            return closingOnFailure(
                    both,
                    () -> new NumpySource(
                            pathX + "," + pathY,
                            both,
                            new NpyReader(pathX.toString(), inX),
                            new NpyReader(pathY.toString(), inY),
                            features));
        });
    }

    private static NumpySource closingOnFailure(Closeable owned, Opening opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException | RuntimeException e) {
            owned.close();
            throw e;
        }
    }

    private static NpyReader array(String file, ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name + ".npy");
        if (entry == null) {
            List<String> names = zip.stream().map(ZipEntry::getName).sorted().toList();
            throw new SampleFileException(
                    file, null, "expected arrays X and y (numpy.savez(file, X=..., y=...)), got " + names);
        }
        InputStream in = zip.getInputStream(entry);
        return new NpyReader(file + "[" + name + "]", in);
    }

    private long requireShapes(long[] shapeX, long[] shapeY, int features) {
        String shapes = "got X " + Arrays.toString(shapeX) + " and y " + Arrays.toString(shapeY);
        if (shapeX.length < 2
                || shapeY.length < 1
                || shapeY.length > 2
                || !x.header().type().isNumber()) {
            throw new SampleFileException(file, null, "expected numbers X [n, features] and y [n], " + shapes);
        }
        if (shapeX[0] != shapeY[0]) {
            throw new SampleFileException(file, null, "expected as many rows of X as of y, " + shapes);
        }
        if (x.width() < 1 || features > 0 && x.width() != features) {
            throw new SampleFileException(
                    file, null, "expected " + (features > 0 ? features : "some") + " features per row, " + shapes);
        }
        return shapeX[0];
    }

    @Override
    public RawSample next() throws IOException {
        if (row == rows) {
            x.requireEnd();
            y.requireEnd();
            return null;
        }
        double[] values = x.numbers();
        String label = y.text();
        if (!Arrays.stream(values).allMatch(Double::isFinite) || isNotFinite(label)) {
            throw new SampleFileException(file, place(), "expected finite numbers, got NaN or infinity");
        }
        RawSample sample = new RawSample(Long.toString(row), null, label, 1, values, row);
        row++;
        return sample;
    }

    private boolean isNotFinite(String label) {
        return y.header().type().isNumber() && (label.contains("NaN") || label.contains("Infinity"));
    }

    @Override
    public int features() {
        return x.width();
    }

    @Override
    public String place() {
        return "row " + row;
    }

    @Override
    public void close() throws IOException {
        owned.close();
    }
}
