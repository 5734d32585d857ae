package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Vectors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.streams.state.KeyValueIterator;

/** Rows out of memory, those behind its end out of the store; these may fill a cache on the way. */
final class DatasetCut implements RowCut {
    private final int prefix;
    private final RowMapper mapper;
    private final CachedDataset.OpenCut cached;
    private final KeyValueIterator<String, StoredSample> stored;
    private final Loading loading;
    private final Runnable whenClosed;
    private CachedRow row;
    private String key;

    /**
     * @param cached or null
     * @param stored what is not cached, or null
     * @param loading takes the stored rows, or null
     * @param whenClosed run by the thread that closes the cut
     */
    DatasetCut(
            String dataset,
            RowMapper mapper,
            CachedDataset.OpenCut cached,
            KeyValueIterator<String, StoredSample> stored,
            Loading loading,
            Runnable whenClosed) {
        this.prefix = dataset.length() + 1;
        this.mapper = mapper;
        this.cached = cached;
        this.stored = stored;
        this.loading = loading;
        this.whenClosed = whenClosed;
    }

    @Override
    public void forEach(Consumer<Row> rows, Runnable misfits) {
        int width = mapper.layout().columns();
        forEach(rows, misfits, () -> new double[width]);
    }

    @Override
    public void forEach(Consumer<Row> rows, Runnable misfits, Supplier<double[]> room) {
        if (cached != null) {
            cached.rows().forEach(chunk -> visit(chunk, rows, misfits, room));
        }
        row = null;
        while (stored != null && stored.hasNext()) {
            var next = stored.next();
            visit(next.key, next.value, rows, misfits);
        }
        if (loading != null) {
            loading.complete();
        }
    }

    private void visit(CachedRow[] chunk, Consumer<Row> rows, Runnable misfits, Supplier<double[]> room) {
        for (CachedRow each : chunk) {
            row = each;
            double[] x = each.slot() == CachedRow.MISFIT ? null : room.get();
            if (x != null) {
                cached.x(each, x);
            }
            visit(x, each.norm(), each.label(), each.weight(), rows, misfits);
        }
    }

    private void visit(String storedKey, StoredSample sample, Consumer<Row> rows, Runnable misfits) {
        key = storedKey;
        double[] x = mapper.x(Doubles.toArray(sample.getFeatures()));
        double norm = x == null ? 0 : Vectors.norm(x);
        if (loading != null) {
            loading.add(key, x, norm, sample);
        }
        visit(x, norm, sample.getLabel(), sample.getWeight(), rows, misfits);
    }

    private void visit(double[] x, double norm, String label, double weight, Consumer<Row> rows, Runnable misfits) {
        Row made = x == null ? null : mapper.row(x, norm, label, weight);
        if (made == null) {
            misfits.run();
        } else {
            rows.accept(made);
        }
    }

    @Override
    public String sampleId() {
        return (row == null ? key : CachedRow.text(row.key())).substring(prefix);
    }

    @Override
    public void close() {
        if (cached != null) {
            cached.close();
        }
        if (stored != null) {
            stored.close();
        }
        whenClosed.run();
    }
}
