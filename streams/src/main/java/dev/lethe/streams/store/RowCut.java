package dev.lethe.streams.store;

import dev.lethe.unlearn.objective.Row;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The rows of one dataset in one shard, as they stood when the cut was taken and as one model sees them, in the order of
 * their keys. Taken on the stream thread; read once, on any one thread, while the shard goes on; then closed.
 */
public interface RowCut extends AutoCloseable {

    /**
     * Visits every row.
     *
     * @param rows takes each row
     * @param misfits called for each sample that is no row of the model
     * @param room gives an array of d values that the next row may lie in; rows may also have arrays of their own
     */
    void forEach(Consumer<Row> rows, Runnable misfits, Supplier<double[]> room);

    /** Visits every row; owned by the visitor, never written to again. */
    void forEach(Consumer<Row> rows, Runnable misfits);

    /** The sample that is being visited. */
    String sampleId();

    /** From now on the rows' memory may be used again. */
    @Override
    void close();
}
