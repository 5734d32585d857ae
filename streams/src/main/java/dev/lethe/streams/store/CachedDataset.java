package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Vectors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The cached rows of one dataset in one layout: all of them, or those up to a key when memory does not reach for more.
 * While it is loaded it belongs to the loading thread, then to the stream thread.
 *
 * <p>What a change takes out of it may still be read by a cut that is open: its memory is overwritten as soon as no older
 * cut is, at once where there is none.
 */
final class CachedDataset implements AutoCloseable {
    /** A slot to give back once the cuts up to this one are closed. */
    private record Retired(int slot, long newestCut) {}

    private final RowMapper mapper;
    private final RowSlabs slabs;
    private final RowIndex index = new RowIndex();
    private final Deque<Retired> retired = new ArrayDeque<>();
    private final List<OpenCut> cuts = new ArrayList<>();
    private long newestCut;
    /** Rows with this key and behind it are not cached; null: all are. */
    private byte[] end;

    /** @param mapper any of this layout */
    CachedDataset(RowMapper mapper, RowBudget budget) {
        this.mapper = mapper;
        this.slabs = new RowSlabs(mapper.layout().columns(), budget);
    }

    /** A cut of the cached part. */
    final class OpenCut {
        private final long number = ++newestCut;
        private final List<CachedRow[]> rows = index.snapshot();
        private final RowSlabs.View memory = slabs.view();
        private volatile boolean closed;

        List<CachedRow[]> rows() {
            return rows;
        }

        void x(CachedRow row, double[] into) {
            memory.read(row.slot(), into);
        }

        /** From any thread. */
        void close() {
            closed = true;
        }
    }

    OpenCut cut() {
        tidy();
        OpenCut cut = new OpenCut();
        cuts.add(cut);
        return cut;
    }

    /** First key that is not cached, null: all are. */
    String end() {
        return end == null ? null : CachedRow.text(end);
    }

    /** Bytes that it has taken and holds no row in. */
    long freeBytes() {
        return slabs.freeBytes();
    }

    /** Whether a cut is still being read. */
    boolean inUse() {
        tidy();
        return !cuts.isEmpty();
    }

    /** Takes the next row of the store while the cache is filled. Returns false, and takes no more, when memory is out. */
    boolean load(String key, double[] x, double norm, StoredSample row) {
        byte[] bytes = CachedRow.bytes(key);
        if (end != null || !slabs.hasRoom()) {
            end = end == null ? bytes : end;
            return false;
        }
        index.put(CachedRow.of(bytes, x == null ? CachedRow.MISFIT : slabs.take(x), norm, row));
        return true;
    }

    /** A row as it is stored; null: it is not here in this form, though the store may have it. */
    StoredSample get(String key) {
        if (!mapper.layout().keepsFeatures()) {
            return null;
        }
        byte[] bytes = CachedRow.bytes(key);
        CachedRow row = cached(bytes) ? index.find(bytes) : null;
        if (row == null || row.slot() == CachedRow.MISFIT) {
            return null;
        }
        return row.stored(Doubles.toBuffer(slabs.read(row.slot(), mapper.rawFeatures())));
    }

    void put(String key, StoredSample row) {
        byte[] bytes = CachedRow.bytes(key);
        CachedRow before = cached(bytes) ? index.find(bytes) : null;
        double[] x = cached(bytes) ? mapper.x(Doubles.toArray(row.getFeatures())) : null;
        boolean sameX = before != null && before.slot() >= 0 && Arrays.equals(x, memory(before.slot()));
        if (x != null && !sameX) {
            makeRoom(bytes);
        }
        if (cached(bytes)) {
            int slot = sameX ? before.slot() : x == null ? CachedRow.MISFIT : slabs.take(x);
            double norm = sameX ? before.norm() : x == null ? 0 : Vectors.norm(x);
            index.put(CachedRow.of(bytes, slot, norm, row));
            if (before != null && before.slot() != slot) {
                retire(before);
            }
        }
    }

    void remove(String key) {
        byte[] bytes = CachedRow.bytes(key);
        CachedRow before = cached(bytes) ? index.remove(bytes) : null;
        if (before != null) {
            retire(before);
        }
    }

    private boolean cached(byte[] key) {
        return end == null || Arrays.compareUnsigned(key, end) < 0;
    }

    /**
     * Gives up rows at the end until there is room for one more. Under an open cut their memory does not come free yet:
     * then the cache ends before this row.
     */
    private void makeRoom(byte[] key) {
        while (!slabs.hasRoom() && cached(key)) {
            if (inUse() || index.isEmpty()) {
                endAt(key);
            } else {
                giveUp(index.removeLast());
            }
        }
    }

    private void endAt(byte[] key) {
        index.removeFrom(key).forEach(this::giveUp);
        end = key;
    }

    private void giveUp(CachedRow[] rows) {
        end = rows[0].key();
        for (CachedRow row : rows) {
            retire(row);
        }
    }

    private void retire(CachedRow row) {
        if (row.slot() >= 0) {
            retired.addLast(new Retired(row.slot(), newestCut));
            tidy();
        }
    }

    /** Gives back what no open cut can read any more. */
    void tidy() {
        cuts.removeIf(cut -> cut.closed);
        long oldest = cuts.isEmpty() ? Long.MAX_VALUE : cuts.get(0).number;
        while (!retired.isEmpty() && retired.peekFirst().newestCut < oldest) {
            slabs.giveBack(retired.removeFirst().slot);
        }
    }

    /** What lies in a slot now, a copy. */
    double[] memory(int slot) {
        return slabs.read(slot, mapper.layout().columns());
    }

    /** No cut may be read any more. */
    @Override
    public void close() {
        slabs.close();
    }
}
