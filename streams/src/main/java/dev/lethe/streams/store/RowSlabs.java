package dev.lethe.streams.store;

import dev.lethe.unlearn.linalg.DenseMatrix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Slots for the x of rows, in blocks of off-heap float64. A slot that is given back is overwritten. One thread takes and
 * gives back; others may read slots that are not given back, through a {@link #view()} taken on that thread.
 */
final class RowSlabs implements AutoCloseable {
    private static final int MAX_ROWS = 256;
    private static final int MAX_VALUES = 1 << 17;
    /** What a row takes on the heap: its key, label, subject, numbers and place in the index, about. */
    private static final int HEAP_BYTES = 248;

    private final int width;
    private final int rowsPerSlab;
    private final RowBudget budget;
    private final List<DenseMatrix> slabs = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final double[] zeros;
    private int next;

    /** @param width values of a row */
    RowSlabs(int width, RowBudget budget) {
        this.width = width;
        this.budget = budget;
        this.rowsPerSlab = Math.max(1, Math.min(MAX_ROWS, MAX_VALUES / width));
        this.zeros = new double[width];
    }

    /** Reads slots while others are taken and given back. */
    final class View {
        private final DenseMatrix[] blocks = slabs.toArray(new DenseMatrix[0]);

        /** @param x Modified. */
        void read(int slot, double[] x) {
            blocks[slot / rowsPerSlab].get(slot % rowsPerSlab, x);
        }
    }

    /** A copy of the first values of a slot. */
    double[] read(int slot, int values) {
        double[] x = new double[values];
        slabs.get(slot / rowsPerSlab).get(slot % rowsPerSlab, x);
        return x;
    }

    View view() {
        return new View();
    }

    /** Whether a slot can be taken, which may take memory for more of them. */
    boolean hasRoom() {
        if (!free.isEmpty() || next < slabs.size() * rowsPerSlab) {
            return true;
        }
        if (!budget.reserve(slabBytes())) {
            return false;
        }
        slabs.add(DenseMatrix.zeros(width, rowsPerSlab));
        return true;
    }

    /** Takes a slot; there is room. @param x Not modified. */
    int take(double[] x) {
        int slot = free.isEmpty() ? next++ : free.removeLast();
        write(slot, x);
        return slot;
    }

    void giveBack(int slot) {
        write(slot, zeros);
        free.addLast(slot);
    }

    private void write(int slot, double[] x) {
        slabs.get(slot / rowsPerSlab).put(slot % rowsPerSlab, x);
    }

    /** Bytes of the slots that hold nothing. */
    long freeBytes() {
        return (free.size() + slabs.size() * (long) rowsPerSlab - next) * slotBytes();
    }

    private long slabBytes() {
        return rowsPerSlab * slotBytes();
    }

    private long slotBytes() {
        return width * (long) Double.BYTES + HEAP_BYTES;
    }

    @Override
    public void close() {
        for (DenseMatrix slab : slabs) {
            slab.clear();
            slab.close();
            budget.release(slabBytes());
        }
        slabs.clear();
        free.clear();
    }
}
