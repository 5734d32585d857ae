package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import org.apache.kafka.streams.state.KeyValueIterator;

/** The truth behind a row cache: a shard's store of samples. */
public interface ShardRows {
    /** A row, or null. @param key dataset/sampleId */
    StoredSample get(String key);

    /**
     * The rows of a dataset as they are now, in the order of their keys; may be read on another thread.
     *
     * @param from first key wanted, null: from the first row
     */
    KeyValueIterator<String, StoredSample> scan(String dataset, String from);
}
