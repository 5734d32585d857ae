package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import java.util.HashSet;
import java.util.Set;

/**
 * A cache that is being filled by the reader of a cut, on its thread, while the stream thread notes what changed behind
 * the cut.
 */
final class Loading {
    /** So many changes are caught up with on the stream thread in a moment; with more, the next pass tries again. */
    private static final int MAX_CHANGED = 4096;

    private final CachedDataset rows;
    private final Set<String> changed = new HashSet<>();
    private boolean room = true;
    private boolean complete;

    Loading(CachedDataset rows) {
        this.rows = rows;
    }

    /** On the reader's thread: the next row in order. @param x null where the features do not fit @param norm ‖x‖ */
    void add(String key, double[] x, double norm, StoredSample row) {
        room = room && rows.load(key, x, norm, row);
    }

    /** On the reader's thread: the last row was added. */
    void complete() {
        complete = true;
    }

    /** On the stream thread. */
    void changedMeanwhile(String key) {
        if (changed.size() <= MAX_CHANGED) {
            changed.add(key);
        }
    }

    /** On the stream thread, once the reader is done: whether the cache is of use. */
    boolean succeeded() {
        return complete && changed.size() <= MAX_CHANGED;
    }

    Set<String> changed() {
        return changed;
    }

    CachedDataset rows() {
        return rows;
    }
}
