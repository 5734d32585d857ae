package dev.lethe.unlearn.linalg;

import java.nio.DoubleBuffer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An owned rows × columns matrix in off-heap memory, column-major, backed by an {@link INDArray}. A vector is one
 * column. Not thread-safe; unusable after {@link #close()}.
 */
public final class DenseMatrix implements AutoCloseable {

    private final int rows;
    private final int columns;
    private final INDArray array;
    private final DoublePointer pointer;
    /** The same memory, without a call into native code; null: too large for a buffer. */
    private final DoubleBuffer values;

    private DenseMatrix(int rows, int columns) {
        DenseKernels.ready();
        this.rows = rows;
        this.columns = columns;
        this.array = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {rows, columns}, 'f');
        this.pointer = new DoublePointer(array.data().addressPointer()).capacity((long) rows * columns);
        this.values = bytes() <= Integer.MAX_VALUE ? pointer.asBuffer() : null;
        NativeMemory.taken(bytes());
        clear();
    }

    private long bytes() {
        return (long) rows * columns * Double.BYTES;
    }

    /** @throws IllegalArgumentException if a side is below 1 */
    public static DenseMatrix zeros(int rows, int columns) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException(
                    "matrix: expected at least 1 row and 1 column, got " + rows + " x " + columns);
        }
        return new DenseMatrix(rows, columns);
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** The same memory as an array; valid until {@link #close()}. */
    public INDArray array() {
        return array;
    }

    /** The first element's address, for {@link DenseKernels}. */
    public DoublePointer pointer() {
        return pointer;
    }

    /** Address of column j. */
    public DoublePointer column(int j) {
        return at((long) j * rows);
    }

    DoublePointer at(long offset) {
        return pointer.getPointer(offset);
    }

    /** Writes consecutive columns. @param values whole columns, column-major. Not modified. */
    public void put(int firstColumn, double[] values) {
        put(firstColumn, values, values.length);
    }

    /** Writes the first {@code length} values. @param values Not modified. */
    public void put(int firstColumn, double[] values, int length) {
        long offset = (long) firstColumn * rows;
        checkRange(offset, length);
        if (this.values == null) {
            at(offset).put(values, 0, length);
        } else {
            this.values.put((int) offset, values, 0, length);
        }
    }

    /** Writes consecutive columns from other native memory. @param values direct, native order. Not modified. */
    public void put(int firstColumn, DoubleBuffer values) {
        long offset = (long) firstColumn * rows;
        checkRange(offset, values.remaining());
        Pointer.memcpy(at(offset), new DoublePointer(values), (long) values.remaining() * Double.BYTES);
    }

    /** Reads consecutive columns. @param out whole columns, column-major. Modified. */
    public void get(int firstColumn, double[] out) {
        get(firstColumn, out, out.length);
    }

    /** Reads the first {@code length} values. @param out Modified. */
    public void get(int firstColumn, double[] out, int length) {
        long offset = (long) firstColumn * rows;
        checkRange(offset, length);
        if (values == null) {
            at(offset).get(out, 0, length);
        } else {
            values.get((int) offset, out, 0, length);
        }
    }

    /** Copies consecutive columns to other, not overlapping ones of this matrix. */
    public void copyColumns(int from, int to, int count) {
        int length = Math.multiplyExact(rows, count);
        checkRange((long) from * rows, length);
        checkRange((long) to * rows, length);
        Pointer.memcpy(column(to), column(from), (long) length * Double.BYTES);
    }

    /** Sets every element to 0. Fresh off-heap memory is not zeroed, and BLAS keeps a NaN it is told to scale by 0. */
    public void clear() {
        Pointer.memset(pointer, 0, bytes());
    }

    private void checkRange(long offset, int length) {
        if (offset < 0 || offset + length > (long) rows * columns) {
            throw new IllegalArgumentException(
                    "matrix of " + rows + " x " + columns + ": " + length + " values do not fit at offset " + offset);
        }
    }

    @Override
    public void close() {
        if (!array.wasClosed()) {
            array.close();
            NativeMemory.freed(bytes());
        }
    }
}
