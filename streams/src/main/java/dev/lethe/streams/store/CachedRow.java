package dev.lethe.streams.store;

import dev.lethe.schemas.StoredSample;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A cached row, immutable: a change makes a new one.
 *
 * @param key of the store, as bytes, which is the store's order; not copied
 * @param slot where its x lies, or {@link #MISFIT}
 * @param norm ‖x‖, so that a pass need not work it out
 * @param label as stored
 * @param weight w
 * @param subjectId as stored, or null
 * @param recordTime as stored
 */
record CachedRow(byte[] key, int slot, double norm, String label, double weight, String subjectId, long recordTime) {
    /** The features fit no model of this layout. */
    static final int MISFIT = -1;

    /** @param stored whose features lie in the slot; not kept */
    static CachedRow of(byte[] key, int slot, double norm, StoredSample stored) {
        return new CachedRow(
                key, slot, norm, stored.getLabel(), stored.getWeight(), stored.getSubjectId(), stored.getRecordTime());
    }

    static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** The row as stored. */
    StoredSample stored(ByteBuffer features) {
        return new StoredSample(subjectId, features, label, weight, recordTime);
    }

    int compareTo(byte[] other) {
        return Arrays.compareUnsigned(key, other);
    }
}
