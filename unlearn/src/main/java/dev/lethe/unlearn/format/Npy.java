package dev.lethe.unlearn.format;

import java.io.IOException;
import java.nio.file.Path;

/** Reads a whole NumPy .npy file. */
public final class Npy {

    private Npy() {}

    /**
     * An array of numbers, in C order whatever the file's order.
     *
     * @param file a .npy file of format 1, 2 or 3, of a float, integer or bool type
     */
    public static Tensor read(Path file) {
        String name = file.toString();
        try (NpyReader reader = new NpyReader(name, InputFiles.open(file))) {
            long[] shape = reader.header().shape();
            long count = Tensor.count(shape);
            if (!reader.header().type().isNumber() || count < 0 || count > Integer.MAX_VALUE / Double.BYTES) {
                throw new FileFormatException(name, "expected an array of numbers that fits in memory");
            }
            double[] values = new double[(int) count];
            int width = reader.width();
            for (int at = 0; at < values.length; at += width) {
                System.arraycopy(reader.numbers(), 0, values, at, width);
            }
            reader.requireEnd();
            return new Tensor(shape, values);
        } catch (IOException e) {
            throw new FileFormatException(name, e);
        }
    }
}
