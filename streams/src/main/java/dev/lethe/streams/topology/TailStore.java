package dev.lethe.streams.topology;

import dev.lethe.schemas.RowData;
import dev.lethe.schemas.TailBatch;
import dev.lethe.schemas.TailEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * A model's tail on disk: numbered entries without gaps, those of one transaction in one record under the number of the
 * first. Entries of earlier releases, one to a record, are read and trimmed in the same way.
 */
final class TailStore {
    /** Of one record; a larger entry has a record of its own. */
    private static final int MAX_BYTES = 256 << 10;

    private static final int MAX_ENTRIES = 1_024;

    private final KeyValueStore<String, SpecificRecord> store;
    private final String prefix;
    private final Deque<Span> spans = new ArrayDeque<>();
    private List<TailEntry> held = new ArrayList<>();
    private long heldBytes;
    private long last;

    /** The numbers of a record's entries. */
    private record Span(long first, long last) {}

    /** What is done with an entry. */
    interface Visitor {
        void entry(long number, TailEntry entry);
    }

    /**
     * @param last number of the last entry that was ever put, if it is known from elsewhere
     * @param visitor is shown everything that is there
     */
    TailStore(KeyValueStore<String, SpecificRecord> store, String modelId, long last, Visitor visitor) {
        this.store = store;
        this.prefix = modelId + "/";
        this.last = last;
        try (var all = store.range(key(0), key(Long.MAX_VALUE))) {
            all.forEachRemaining(record -> {
                long first = number(record.key);
                int count = visit(first, record.value, visitor);
                spans.addLast(new Span(first, first + count - 1));
            });
        }
        if (!spans.isEmpty()) {
            this.last = Math.max(last, spans.getLast().last);
        }
    }

    private static int visit(long first, SpecificRecord record, Visitor visitor) {
        List<TailEntry> entries = record instanceof TailBatch batch ? batch.getEntries() : List.of((TailEntry) record);
        for (int i = 0; i < entries.size(); i++) {
            visitor.entry(first + i, entries.get(i));
        }
        return entries.size();
    }

    /** Number of the newest entry, 0 before the first. */
    long last() {
        return last;
    }

    /** Adds an entry under the next number; it is on disk at the end of the transaction. */
    long add(TailEntry entry) {
        long bytes = size(entry.getBefore()) + size(entry.getAfter());
        if (heldBytes + bytes > MAX_BYTES || held.size() == MAX_ENTRIES) {
            flush();
        }
        held.add(entry);
        heldBytes += bytes;
        return ++last;
    }

    private static long size(RowData row) {
        return row == null || row.getFeatures() == null ? 0 : row.getFeatures().remaining();
    }

    /** Writes what was held back; the end of a transaction. */
    void flush() {
        if (held.isEmpty()) {
            return;
        }
        Span span = new Span(last - held.size() + 1, last);
        store.put(key(span.first), held.size() == 1 ? held.get(0) : new TailBatch(held));
        spans.addLast(span);
        held = new ArrayList<>();
        heldBytes = 0;
    }

    /** Number of the oldest entry that is still there, or of the next one. */
    long first() {
        return spans.isEmpty() ? last - held.size() + 1 : spans.getFirst().first;
    }

    /** Takes the oldest records out of which no entry is above this number, at most so many. */
    void trim(long upTo, int most) {
        for (int i = 0; i < most && !spans.isEmpty() && spans.getFirst().last <= upTo; i++) {
            // Deletes; the store's own delete reads and decodes what was there first.
            store.put(key(spans.removeFirst().first), null);
        }
    }

    /** Shows the entries with these numbers, in order. */
    void visit(long from, long to, Visitor visitor) {
        flush();
        spans.stream().filter(span -> span.last >= from && span.first <= to).forEach(span -> {
            visit(span.first, store.get(key(span.first)), (number, entry) -> {
                if (number >= from && number <= to) {
                    visitor.entry(number, entry);
                }
            });
        });
    }

    private long number(String key) {
        return Long.parseLong(key.substring(prefix.length()), 16);
    }

    private String key(long number) {
        return prefix + HexFormat.of().toHexDigits(number);
    }
}
