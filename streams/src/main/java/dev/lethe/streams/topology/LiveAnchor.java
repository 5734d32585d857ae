package dev.lethe.streams.topology;

import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;

/**
 * A model's anchor in its task, with the tail of changes on their way into it. Nothing else folds, so every change is in
 * each anchor once. All on the stream thread; owns the anchor.
 */
final class LiveAnchor implements AutoCloseable {
    private static final long MOMENT_NANOS = 50_000_000;

    /**
     * How a pass' sums and the anchor differ.
     *
     * @param inBoth changes in the sums and in the anchor that came since the settling began
     * @param behind changes in the anchor that are not in the sums
     * @param ahead changes in the sums that are not in the anchor
     */
    record Since(List<RowChange> inBoth, List<RowChange> behind, List<RowChange> ahead) {}

    private final Objective objective;
    private final ModelState state;
    private final Tail tail;
    private final PrivacyAccount privacy;
    private final int batch;
    private final Patching patching;
    private Anchor anchor;

    /**
     * @param privacy null if the model asks for no claim
     * @param batch changes that are folded together at most
     */
    LiveAnchor(Objective objective, ModelState state, Tail tail, PrivacyAccount privacy, int batch, Patching patching) {
        this.objective = objective;
        this.state = state;
        this.tail = tail;
        this.privacy = privacy;
        this.batch = batch;
        this.patching = patching;
        this.anchor = state.restore(objective).orElse(null);
    }

    /** The tail of this anchor's changes. */
    Tail tail() {
        return tail;
    }

    /** Null before the first pass of a fit. */
    Anchor get() {
        return anchor;
    }

    /** θ as it is published at rest, K·d. */
    double[] published() {
        return anchor.hasFactor() ? anchor.correct().theta() : anchor.theta();
    }

    /** P, packed, or null where none is kept. */
    double[] inverseOrNull() {
        return anchor.snapshot().map(kept -> kept.factor().inverse()).orElse(null);
    }

    /** Whether no change was folded since the pass that made this anchor. */
    boolean untouched() {
        return anchor != null && anchor.changes() == 0;
    }

    /** Number of the newest change. */
    long newest() {
        return tail.last();
    }

    /**
     * Folds what is pending, as much as a moment allows: the stream thread has other work.
     *
     * @param keep whether a pass or a settling under way will ask for what came since it began
     */
    void fold(boolean keep) {
        fold(keep, System.nanoTime() + MOMENT_NANOS);
    }

    private void fold(boolean keep, long end) {
        if (tail.pending() == 0) {
            return;
        }
        do {
            List<Tail.Entry> taken = take(batch);
            List<RowChange> changes = changes(taken);
            if (privacy != null) {
                privacy.screen(anchor, taken);
            }
            patching.fold(anchor, changes);
        } while (tail.pending() > 0 && System.nanoTime() - end < 0);
        if (!keep) {
            tail.dropKept();
        }
        state.save(anchor);
    }

    private List<Tail.Entry> take(int most) {
        List<Tail.Entry> taken = tail.take(most);
        state.progress().setTailApplied(taken.get(taken.size() - 1).number());
        return taken;
    }

    /** What is to be made up for between a pass' sums and the anchor. */
    Since since(PassInFlight pass) {
        if (anchor == null) {
            takeAll();
        }
        return new Since(
                changes(tail.kept(entry -> !pass.behindCut(entry))),
                changes(tail.kept(pass::behindCut)),
                changes(tail.pending(entry -> !pass.behindCut(entry))));
    }

    /** Everything counts as taken in, for an anchor that is made anew; returns what is not in the pass' sums. */
    List<RowChange> takenBehind(PassInFlight pass) {
        takeAll();
        return changes(tail.kept(pass::behindCut));
    }

    private void takeAll() {
        if (tail.pending() > 0) {
            take(Integer.MAX_VALUE);
        }
    }

    private static List<RowChange> changes(List<Tail.Entry> entries) {
        return entries.stream().map(Tail.Entry::change).toList();
    }

    /** A settling, or a pass for itself, begins with what is folded now. */
    void mark() {
        tail.dropKept();
    }

    /** How many changes were folded since. */
    int changesSinceMark() {
        return tail.keptCount();
    }

    /**
     * The last pass ended a settling: the budget's shares begin again, with what came in since it began. That is folded
     * already, so its leverage looks higher than it was, never lower.
     */
    void settled() {
        if (privacy != null) {
            privacy.settled();
            privacy.screen(anchor, tail.kept(entry -> true));
        }
    }

    /** Goes on with another anchor, which is then durable; the one before is the caller's to close. */
    void move(Anchor to) {
        anchor = to;
        state.progress().setSettled(false);
        state.saveAnchor(anchor);
    }

    Objective objective() {
        return objective;
    }

    @Override
    public void close() {
        if (anchor != null) {
            anchor.close();
        }
    }
}
