package dev.lethe.unlearn.curvature;

import dev.lethe.unlearn.linalg.DenseKernels;
import dev.lethe.unlearn.linalg.DenseMatrix;
import dev.lethe.unlearn.linalg.SymmetricMatrix;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A symmetric matrix S under rank-1 updates, the last few of which are held beside it: A = S + C₊C₊ᵀ − C₋C₋ᵀ.
 *
 * <p>One syr writes the whole triangle, which at d = 784 is beyond the second-level cache and costs as much as a product.
 * Held columns are added in by one syrk for all, at about a tenth of that, and cost each product two thin ones. Small
 * matrices hold none. When columns are added in depends on their number only, so the same updates give the same bits.
 *
 * <p>A few columns at once are worked on one by one: symm copies all of S into its own order first, which is as dear as
 * eight products at d = 784, and syrk would write S for them alone.
 *
 * <p>Owns S. Not thread-safe.
 */
final class UpdatedMatrix implements AutoCloseable {

    /** Columns held at most: the more, the cheaper to add in and the dearer the products. */
    private static final int CAPACITY = 32;

    /** Below this S stays in the cache, and a syr is cheaper than holding. */
    private static final int MIN_SIZE = 512;

    /** Up to as many columns one by one are quicker than a block at every size measured, 64 to 2352. */
    private static final int FEW = 4;

    private final SymmetricMatrix matrix;
    private final int capacity;
    private final DenseMatrix held;
    private final DenseMatrix products;
    /** C₊ are the first columns of {@link #held}, C₋ the last. */
    private int plus;

    private int minus;

    /** @param matrix S, owned from now on */
    UpdatedMatrix(SymmetricMatrix matrix) {
        this.matrix = matrix;
        this.capacity = matrix.size() < MIN_SIZE ? 0 : CAPACITY;
        this.held = capacity == 0 ? null : DenseMatrix.zeros(matrix.size(), capacity);
        this.products = capacity == 0 ? null : DenseMatrix.zeros(capacity, 1);
    }

    int size() {
        return matrix.size();
    }

    /** The lower triangle of A, packed. What is held stays held: looking at A changes no bit of what follows. */
    double[] toPacked() {
        if (plus + minus == 0) {
            return matrix.toPacked();
        }
        try (SymmetricMatrix sum = SymmetricMatrix.zeros(size())) {
            sum.set(matrix);
            addHeldTo(sum);
            return sum.toPacked();
        }
    }

    /** The lower triangle with everything added in. */
    DoublePointer whole() {
        addIn();
        return matrix.pointer();
    }

    /** y ← A·x. @param x n. Not modified. @param y n. Modified. */
    void multiply(DoublePointer x, DoublePointer y) {
        DenseKernels.symv(size(), 1.0, matrix.pointer(), x, 0.0, y);
        addHeld(0, plus, 1, x, y);
        addHeld(capacity - minus, minus, -1, x, y);
    }

    /** Y ← A·X. @param x n × count. Not modified. @param y n × count. Modified. */
    void multiplyAll(int count, DoublePointer x, DoublePointer y) {
        if (count > FEW) {
            DenseKernels.symm(size(), count, whole(), x, y);
            return;
        }
        for (int j = 0; j < count; j++) {
            multiply(column(x, j), column(y, j));
        }
    }

    private DoublePointer column(DoublePointer columns, int j) {
        return columns.getPointer((long) j * size());
    }

    private void addHeld(int first, int count, int sign, DoublePointer x, DoublePointer y) {
        if (count > 0) {
            DoublePointer columns = held.column(first);
            DenseKernels.gemvTransposed(size(), count, columns, x, products.pointer());
            DenseKernels.gemv(size(), count, sign, columns, products.pointer(), 1.0, y);
        }
    }

    /** A ← A + factor·ccᵀ. @param column n. Not modified. */
    void add(double factor, DoublePointer column) {
        if (capacity == 0) {
            DenseKernels.syr(size(), factor, column, matrix.pointer());
            return;
        }
        int at = factor > 0 ? plus++ : capacity - ++minus;
        DoublePointer into = held.column(at);
        Pointer.memcpy(into, column, (long) size() * Double.BYTES);
        DenseKernels.scal(size(), Math.sqrt(Math.abs(factor)), into);
        if (plus + minus == capacity) {
            addIn();
        }
    }

    /** A ← A + sign·CCᵀ. @param columns n × count. Not modified. */
    void addAll(int sign, int count, DoublePointer columns) {
        if (count > FEW) {
            DenseKernels.syrk(size(), count, sign, columns, whole(), size());
            return;
        }
        for (int j = 0; j < count; j++) {
            add(sign, column(columns, j));
        }
    }

    private void addIn() {
        addHeldTo(matrix);
        plus = 0;
        minus = 0;
    }

    private void addHeldTo(SymmetricMatrix sum) {
        if (plus > 0) {
            DenseKernels.syrk(size(), plus, 1.0, held.pointer(), sum.pointer(), size());
        }
        if (minus > 0) {
            DenseKernels.syrk(size(), minus, -1.0, held.column(capacity - minus), sum.pointer(), size());
        }
    }

    @Override
    public void close() {
        matrix.close();
        if (held != null) {
            held.close();
            products.close();
        }
    }
}
