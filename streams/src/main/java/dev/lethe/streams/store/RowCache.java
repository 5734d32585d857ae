package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.RowMapper.Layout;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A shard's rows in memory, in the form its models read them: one copy per dataset and layout, filled by the first pass
 * that reads the dataset, kept in step with every change, given up when no pass has come for a while. What memory does not
 * reach for is read from the store, in the same order, so that a pass adds up the same numbers either way.
 *
 * <p>All methods belong to the stream thread; a cut may be read on another.
 */
public final class RowCache implements AutoCloseable {
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private record Part(String dataset, Layout layout) {}

    private static final class Entry {
        private CachedDataset rows;
        private Loading loading;
        private long lastCut;
    }

    private final ShardRows store;
    private final RowBudget budget;
    private final Map<Part, Entry> entries = new HashMap<>();
    private final Queue<Runnable> loaded = new ConcurrentLinkedQueue<>();

    public RowCache(ShardRows store, RowBudget budget) {
        this.store = store;
        this.budget = budget;
    }

    /** The rows of a dataset as they are now, for a model with this mapper. */
    public RowCut cut(String dataset, RowMapper mapper) {
        tidy();
        Entry entry = entries.computeIfAbsent(new Part(dataset, mapper.layout()), part -> new Entry());
        entry.lastCut = System.nanoTime();
        dropForReload(entry);
        if (entry.rows != null) {
            String end = entry.rows.end();
            var rest = end == null ? null : store.scan(dataset, end);
            return new DatasetCut(dataset, mapper, entry.rows.cut(), rest, null, () -> {});
        }
        var all = store.scan(dataset, null);
        if (entry.loading != null || !budget.roomy()) {
            return new DatasetCut(dataset, mapper, null, all, null, () -> {});
        }
        entry.loading = new Loading(new CachedDataset(mapper, budget));
        return new DatasetCut(dataset, mapper, null, all, entry.loading, () -> loaded.add(() -> install(entry)));
    }

    /** Memory came free, others' or its own where rows were removed: a cache that ends early is filled again. */
    private void dropForReload(Entry entry) {
        if (entry.rows != null
                && entry.rows.end() != null
                && budget.roomyWithout(entry.rows.freeBytes())
                && !entry.rows.inUse()) {
            entry.rows.close();
            entry.rows = null;
        }
    }

    /**
     * A row as it is stored, if it lies in memory in a form that tells; null: ask the store.
     *
     * @param key dataset/sampleId
     */
    public StoredSample get(String dataset, String key) {
        for (var each : entries.entrySet()) {
            CachedDataset rows = each.getValue().rows;
            StoredSample row = rows != null && each.getKey().dataset.equals(dataset) ? rows.get(key) : null;
            if (row != null) {
                return row;
            }
        }
        return null;
    }

    /** A row was put or, with {@code after} null, removed. @param key dataset/sampleId */
    public void changed(String dataset, String key, StoredSample after) {
        for (var each : entries.entrySet()) {
            if (each.getKey().dataset.equals(dataset)) {
                changed(each.getValue(), key, after);
            }
        }
    }

    private static void changed(Entry entry, String key, StoredSample after) {
        if (entry.loading != null) {
            entry.loading.changedMeanwhile(key);
        } else if (entry.rows != null) {
            apply(entry.rows, key, after);
        }
    }

    private static void apply(CachedDataset rows, String key, StoredSample after) {
        if (after == null) {
            rows.remove(key);
        } else {
            rows.put(key, after);
        }
    }

    private void install(Entry entry) {
        Loading done = entry.loading;
        entry.loading = null;
        if (!done.succeeded()) {
            done.rows().close();
            return;
        }
        entry.rows = done.rows();
        done.changed().forEach(key -> apply(entry.rows, key, store.get(key)));
    }

    /** Takes over what was loaded, overwrites what is not read any more, gives up what nobody asks for. */
    public void tidy() {
        for (Runnable next = loaded.poll(); next != null; next = loaded.poll()) {
            next.run();
        }
        long now = System.nanoTime();
        for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
            Entry entry = all.next();
            boolean inUse = entry.loading != null || entry.rows != null && entry.rows.inUse();
            if (!inUse && now - entry.lastCut > IDLE_NANOS) {
                close(entry);
                all.remove();
            }
        }
    }

    private static void close(Entry entry) {
        if (entry.rows != null) {
            entry.rows.close();
        }
        if (entry.loading != null) {
            entry.loading.rows().close();
        }
    }

    /** Frees the memory; no cut may be read any more. */
    @Override
    public void close() {
        tidy();
        entries.values().forEach(RowCache::close);
        entries.clear();
    }
}
