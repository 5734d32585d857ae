package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.TailEntry;

/** What every kind of model does with the changes that come: into the tail, and counted for their request. */
final class Arrivals {
    private final Tail tail;
    private final RequestTallies tallies;
    private final Champion champion;
    private final ModelOutput output;
    private long lastChange;

    Arrivals(Tail tail, RequestTallies tallies, Champion champion, ModelOutput output) {
        this.tail = tail;
        this.tallies = tallies;
        this.champion = champion;
        this.output = output;
        this.lastChange = output.now();
    }

    /**
     * A row has changed, if this change is of one.
     *
     * @param sample what the model knows the row by; null if it does not need it
     * @return whether it is
     */
    boolean append(Change change, String sample) {
        if (change.getBefore() == null && change.getAfter() == null) {
            return false;
        }
        tail.append(
                new TailEntry(change.getShard(), change.getBefore(), change.getAfter(), change.getSubject(), sample));
        lastChange = output.now();
        if (change.getAfter() == null) {
            champion.removed(tail.last());
        }
        return true;
    }

    /** Counts it towards its request, after it was appended. */
    void count(Change change) {
        if (change.getRequestId() != null) {
            tallies.count(change, tail.last());
        }
    }

    /** The end of a transaction. */
    void flush() {
        tail.flush();
        tallies.flush();
        champion.flush();
    }

    /** When a row last changed; at first when the model was opened. Milliseconds. */
    long lastChange() {
        return lastChange;
    }
}
