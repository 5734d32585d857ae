package dev.lethe.unlearn.linalg;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An owned symmetric n × n matrix in off-heap memory: column-major, lower triangle; what stands above the diagonal is
 * undefined. Not thread-safe; unusable after {@link #close()}.
 *
 * <p>Packed form (as LAPACK's {@code 'L'}): the columns of the lower triangle one after the other, n(n+1)/2 values.
 */
public final class SymmetricMatrix implements AutoCloseable {

    private final int size;
    private final DenseMatrix memory;

    private SymmetricMatrix(int size) {
        this.size = size;
        this.memory = DenseMatrix.zeros(size, size);
    }

    public static SymmetricMatrix zeros(int size) {
        return new SymmetricMatrix(size);
    }

    /** @param packed n(n+1)/2 values. Not modified. */
    public static SymmetricMatrix fromPacked(int size, double[] packed) {
        if (packed.length != packedLength(size)) {
            throw new IllegalArgumentException("packed lower triangle of " + size + " x " + size + ": expected "
                    + packedLength(size) + " values, got " + packed.length);
        }
        SymmetricMatrix matrix = new SymmetricMatrix(size);
        for (int j = 0, from = 0; j < size; from += size - j, j++) {
            matrix.diagonalOf(j).put(packed, from, size - j);
        }
        return matrix;
    }

    /** n(n+1)/2. */
    public static int packedLength(int size) {
        return Math.toIntExact((long) size * (size + 1) / 2);
    }

    public int size() {
        return size;
    }

    public DoublePointer pointer() {
        return memory.pointer();
    }

    /** The same memory as an n × n array whose upper triangle is undefined; valid until {@link #close()}. */
    public INDArray array() {
        return memory.array();
    }

    /** Address of element (row, column). */
    public DoublePointer at(int row, int column) {
        return memory.at((long) column * size + row);
    }

    /** Element (i, j) of the symmetric matrix, read from the lower triangle. */
    public double get(int i, int j) {
        return at(Math.max(i, j), Math.min(i, j)).get();
    }

    /** Adds to element (i, j). Modified. */
    public void add(int i, int j, double value) {
        DoublePointer element = at(Math.max(i, j), Math.min(i, j));
        element.put(element.get() + value);
    }

    /** Becomes a copy of a matrix of the same size. Modified. @param other Not modified. */
    public void set(SymmetricMatrix other) {
        if (other.size != size) {
            throw new IllegalArgumentException("matrix: expected size " + size + ", got " + other.size);
        }
        Pointer.memcpy(pointer(), other.pointer(), (long) size * size * Double.BYTES);
    }

    /** The n diagonal values. */
    public double[] diagonal() {
        double[] values = new double[size];
        for (int j = 0; j < size; j++) {
            values[j] = diagonalOf(j).get();
        }
        return values;
    }

    public double[] toPacked() {
        double[] packed = new double[packedLength(size)];
        for (int j = 0, from = 0; j < size; from += size - j, j++) {
            diagonalOf(j).get(packed, from, size - j);
        }
        return packed;
    }

    private DoublePointer diagonalOf(int j) {
        return at(j, j);
    }

    @Override
    public void close() {
        memory.close();
    }
}
