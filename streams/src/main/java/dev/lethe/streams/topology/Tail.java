package dev.lethe.streams.topology;

import dev.lethe.schemas.RowData;
import dev.lethe.schemas.TailEntry;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.RowChange;
import dev.lethe.unlearn.objective.RowMapper;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The changes of one model that are still needed: pending ones are not folded yet, kept ones were folded while a pass is
 * under way (those behind a shard's cut are folded again at the new anchor). Folded ones stay in the store until they are
 * trimmed: a snapshot of the factor may be without them.
 */
final class Tail {
    /**
     * A change with its number in the tail.
     *
     * @param subject keyed hash, or null
     * @param sample what a network knows the sample by, or null
     */
    record Entry(long number, int shard, String subject, String sample, RowChange change) {
        private static Entry of(long number, TailEntry stored, RowChange change) {
            return new Entry(number, stored.getShard(), stored.getSubject(), stored.getSample(), change);
        }
    }

    private final TailStore store;
    private final RowMapper mapper;
    private final Deque<Entry> pending = new ArrayDeque<>();
    private final Deque<Entry> kept = new ArrayDeque<>();
    /** Number of the newest entry that was taken. */
    private long folded;

    /**
     * @param applied number of the last entry that was folded before
     * @param last number of the last entry ever appended
     */
    Tail(KeyValueStore<String, SpecificRecord> store, String modelId, RowMapper mapper, long applied, long last) {
        this.mapper = mapper;
        this.folded = applied;
        this.store = new TailStore(store, modelId, last, (number, stored) -> {
            if (number > applied) {
                change(stored).ifPresent(change -> pending.addLast(Entry.of(number, stored, change)));
            }
        });
    }

    /** Number of the newest entry, 0 before the first. */
    long last() {
        return store.last();
    }

    int pending() {
        return pending.size();
    }

    void append(TailEntry entry) {
        change(entry).ifPresent(change -> pending.addLast(Entry.of(store.add(entry), entry, change)));
    }

    /** Writes what was appended; the end of a transaction. */
    void flush() {
        store.flush();
    }

    /** Moves the oldest pending entries, at most {@code most}, to the kept ones and returns them. */
    List<Entry> take(int most) {
        List<Entry> taken = new ArrayList<>(Math.min(most, pending.size()));
        while (taken.size() < most && !pending.isEmpty()) {
            taken.add(pending.removeFirst());
        }
        if (!taken.isEmpty()) {
            folded = taken.get(taken.size() - 1).number;
        }
        kept.addAll(taken);
        return taken;
    }

    /** Takes back that these entries, the newest that were taken, were folded. */
    void putBack(List<Entry> taken) {
        if (taken.isEmpty()) {
            return;
        }
        kept.removeAll(taken);
        for (int i = taken.size() - 1; i >= 0; i--) {
            pending.addFirst(taken.get(i));
        }
        folded = taken.get(0).number - 1;
    }

    /** Entries that were not taken. */
    List<Entry> pending(Predicate<Entry> which) {
        return pending.stream().filter(which).toList();
    }

    /** Whether there is such an entry, pending or kept. */
    boolean any(Predicate<Entry> which) {
        return pending.stream().anyMatch(which) || kept.stream().anyMatch(which);
    }

    int keptCount() {
        return kept.size();
    }

    List<Entry> kept(Predicate<Entry> which) {
        return kept.stream().filter(which).toList();
    }

    /** Forgets the kept entries: no pass will ask for them. */
    void dropKept() {
        kept.clear();
    }

    /** Number of the newest entry that was folded. */
    long folded() {
        return folded;
    }

    /** Takes the oldest records out of the store whose entries are folded and not above this number, at most so many. */
    void trim(long upTo, int most) {
        store.trim(Math.min(upTo, folded), most);
    }

    /** Whether every entry from this number on is in the store. */
    boolean reaches(long from) {
        return store.first() <= from;
    }

    /** Changes that are in the store, in order. */
    List<RowChange> stored(long from, long to) {
        List<RowChange> changes = new ArrayList<>();
        store.visit(from, to, (number, entry) -> change(entry).ifPresent(changes::add));
        return changes;
    }

    private Optional<RowChange> change(TailEntry entry) {
        Row before = row(entry.getBefore(), null);
        ByteBuffer shared = entry.getBefore() == null ? null : entry.getBefore().getFeatures();
        Row after = row(entry.getAfter(), shared);
        return before == null && after == null ? Optional.empty() : Optional.of(new RowChange(before, after));
    }

    /** Shards send only rows that fit, by the same mapper; anything else is left out here as it was there. */
    private Row row(RowData data, ByteBuffer shared) {
        if (data == null) {
            return null;
        }
        ByteBuffer features = data.getFeatures() == null ? shared : data.getFeatures();
        return mapper.map(Doubles.toArray(features), data.getLabel(), data.getWeight()) instanceof Fits fits
                ? fits.row()
                : null;
    }
}
