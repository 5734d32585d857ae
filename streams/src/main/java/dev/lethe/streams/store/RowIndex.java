package dev.lethe.streams.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in the order of their keys, in chunks that are never written to: a change replaces its chunk by a new one, so that
 * a snapshot is a copy of the list of chunks and stays as it is.
 */
final class RowIndex {
    private static final int CHUNK = 512;

    private final List<CachedRow[]> chunks = new ArrayList<>();

    /** All rows as they are now. */
    List<CachedRow[]> snapshot() {
        return List.copyOf(chunks);
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** The row with this key, or null. */
    CachedRow find(byte[] key) {
        int c = chunkOf(key);
        int at = c < 0 ? -1 : position(chunks.get(c), key);
        return at < 0 ? null : chunks.get(c)[at];
    }

    /** Puts a row in its place, or in the place of the one with its key. */
    void put(CachedRow row) {
        int c = Math.max(0, chunkOf(row.key()));
        if (chunks.isEmpty()) {
            chunks.add(new CachedRow[] {row});
            return;
        }
        CachedRow[] chunk = chunks.get(c);
        int at = position(chunk, row.key());
        if (at >= 0) {
            CachedRow[] changed = chunk.clone();
            changed[at] = row;
            chunks.set(c, changed);
        } else {
            insert(c, -at - 1, row);
        }
    }

    private void insert(int c, int at, CachedRow row) {
        CachedRow[] chunk = chunks.get(c);
        if (chunk.length < CHUNK) {
            chunks.set(c, with(chunk, at, row));
        } else if (at == chunk.length) {
            // Rows that come in order fill their chunks.
            chunks.add(c + 1, new CachedRow[] {row});
        } else {
            int half = CHUNK / 2;
            chunks.set(c, Arrays.copyOfRange(chunk, 0, half));
            chunks.add(c + 1, Arrays.copyOfRange(chunk, half, CHUNK));
            insert(at <= half ? c : c + 1, at <= half ? at : at - half, row);
        }
    }

    private static CachedRow[] with(CachedRow[] chunk, int at, CachedRow row) {
        CachedRow[] longer = new CachedRow[chunk.length + 1];
        System.arraycopy(chunk, 0, longer, 0, at);
        longer[at] = row;
        System.arraycopy(chunk, at, longer, at + 1, chunk.length - at);
        return longer;
    }

    /** Takes the row with this key out and returns it; null: there is none. */
    CachedRow remove(byte[] key) {
        int c = chunkOf(key);
        CachedRow[] chunk = c < 0 ? new CachedRow[0] : chunks.get(c);
        int at = position(chunk, key);
        if (at < 0) {
            return null;
        }
        if (chunk.length == 1) {
            chunks.remove(c);
        } else {
            chunks.set(c, without(chunk, at));
        }
        return chunk[at];
    }

    private static CachedRow[] without(CachedRow[] chunk, int at) {
        CachedRow[] shorter = new CachedRow[chunk.length - 1];
        System.arraycopy(chunk, 0, shorter, 0, at);
        System.arraycopy(chunk, at + 1, shorter, at, shorter.length - at);
        return shorter;
    }

    /** Takes the last rows out and returns them. */
    CachedRow[] removeLast() {
        return chunks.remove(chunks.size() - 1);
    }

    /** Takes the rows with this key and behind it out and returns them, the last first. */
    List<CachedRow[]> removeFrom(byte[] key) {
        List<CachedRow[]> removed = new ArrayList<>();
        while (!chunks.isEmpty() && chunks.get(chunks.size() - 1)[0].compareTo(key) >= 0) {
            removed.add(removeLast());
        }
        CachedRow[] last = chunks.isEmpty() ? new CachedRow[0] : chunks.get(chunks.size() - 1);
        int at = position(last, key);
        int from = at < 0 ? -at - 1 : at;
        if (from < last.length) {
            removed.add(Arrays.copyOfRange(last, from, last.length));
            chunks.set(chunks.size() - 1, Arrays.copyOfRange(last, 0, from));
        }
        return removed;
    }

    /** The chunk that has the key or would have it, −1 before the first. */
    private int chunkOf(byte[] key) {
        int low = 0;
        int high = chunks.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (chunks.get(middle)[0].compareTo(key) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** As {@link Arrays#binarySearch}. */
    private static int position(CachedRow[] chunk, byte[] key) {
        int low = 0;
        int high = chunk.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = chunk[middle].compareTo(key);
            if (order == 0) {
                return middle;
            }
            low = order < 0 ? middle + 1 : low;
            high = order < 0 ? high : middle - 1;
        }
        return -low - 1;
    }
}
