package dev.lethe.streams.topology;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;

/**
 * What a model's task asks of the maths for each batch of changes. A seam for measuring only: with nothing in its place,
 * what is left is the cost of the river.
 */
public interface Patching {

    /** The service's: exact down-dates, one Newton step. */
    Patching EXACT = new Patching() {
        @Override
        public void fold(Anchor anchor, List<RowChange> batch) {
            anchor.foldGradient(batch);
            anchor.foldFactor(batch);
        }

        @Override
        public Correction correct(Anchor anchor) {
            return anchor.correct();
        }
    };

    /**
     * Takes changes in.
     *
     * @param anchor Modified.
     * @param batch each change is in one batch only. Not modified.
     */
    void fold(Anchor anchor, List<RowChange> batch);

    /** The parameters with everything folded so far. @param anchor with a factor. Not modified. */
    Correction correct(Anchor anchor);
}
