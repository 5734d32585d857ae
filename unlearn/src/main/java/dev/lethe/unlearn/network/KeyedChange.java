package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.RowChange;

/** A change and what its sample is known by ({@link RowKeys}). */
public record KeyedChange(String key, RowChange change) {

    /** Whether a row that was known is gone, or has another label or other features. */
    boolean forgets() {
        return change.before() != null;
    }
}
