package dev.lethe.streams.store;

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
 */
record CachedRow(byte[] key, int slot, double norm, String label, double weight) {
    /** The features fit no model of this layout. */
    static final int MISFIT = -1;

    static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    String text() {
        return new String(key, StandardCharsets.UTF_8);
    }

    int compareTo(byte[] other) {
        return Arrays.compareUnsigned(key, other);
    }
}
