package dev.lethe.unlearn.objective;

/**
 * Before → after of one sample: remove (z → ∅), add (∅ → z), relabel ((x,y) → (x,y′)), rectify (z → z′).
 *
 * @param before null for an addition
 * @param after null for a removal
 */
public record RowChange(Row before, Row after) {

    public RowChange {
        if (before == null && after == null) {
            throw new IllegalArgumentException("a change needs a row before or after it");
        }
    }

    public static RowChange remove(Row row) {
        return new RowChange(row, null);
    }

    public static RowChange add(Row row) {
        return new RowChange(null, row);
    }

    public static RowChange replace(Row before, Row after) {
        return new RowChange(before, after);
    }

    /** What takes this change back. */
    public RowChange reversed() {
        return new RowChange(after, before);
    }
}
