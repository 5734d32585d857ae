package dev.lethe.streams.topology;

import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.OpenRequest;
import dev.lethe.schemas.OpenRequests;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The ledger on disk. A request is written under its id when it has its receipt. Until then it changes with every notice,
 * so what a transaction leaves open goes into one page of a journal, which is a ring: a page whose turn comes again is
 * overwritten, and what is still open in it is written to the ledger before.
 */
final class LedgerStore implements AutoCloseable {
    private static final int PAGES = 128;
    private static final int PAGE_ENTRIES = 1_024;
    /** Of one page; a larger entry goes straight into the ledger. */
    private static final int PAGE_BYTES = 256 << 10;

    private final KeyValueStore<String, LedgerEntry> stored;
    private final HeldStore<LedgerEntry> ledger;
    private final KeyValueStore<String, OpenRequests> journal;
    private final OpenAllowance allowance;
    /** Entries that this transaction has changed. */
    private final Map<String, LedgerEntry> held = new LinkedHashMap<>();
    /** Open requests whose newest entry is in the journal. */
    private final Map<String, Journalled> open = new HashMap<>();
    /** By place in the ring the requests whose newest entry is there. */
    private final List<Set<String>> ring = IntStream.range(0, PAGES)
            .<Set<String>>mapToObj(i -> new HashSet<>())
            .toList();
    /** Position of the next page. */
    private long next;

    private List<OpenRequest> page = new ArrayList<>();
    private long pageBytes;

    /** What the ledger may have, as far as it was looked through. */
    private final KnownIds written = new KnownIds();
    /** Last id of the ledger that was looked at; null: none yet. */
    private String lookedAt;

    private boolean lookedThrough;

    private record Journalled(LedgerEntry entry, int place) {}

    /** @param allowance of all ledgers of this process */
    LedgerStore(
            KeyValueStore<String, LedgerEntry> ledger,
            KeyValueStore<String, OpenRequests> journal,
            OpenAllowance allowance) {
        this.stored = ledger;
        this.ledger = new HeldStore<>(ledger, PAGE_ENTRIES);
        this.journal = journal;
        this.allowance = allowance;
        pagesInOrder().forEach(this::recall);
    }

    private List<OpenRequests> pagesInOrder() {
        List<OpenRequests> pages = new ArrayList<>();
        try (var all = journal.all()) {
            all.forEachRemaining(entry -> pages.add(entry.value));
        }
        pages.sort((a, b) -> Long.compare(a.getSequence(), b.getSequence()));
        return pages;
    }

    private void recall(OpenRequests page) {
        for (OpenRequest request : page.getRequests()) {
            LedgerEntry written = ledger.get(request.getRequestId());
            if (written == null || answers(request.getEntry()) > answers(written)) {
                leaveJournal(request.getRequestId());
                journalled(request, place(page.getSequence()));
            }
        }
        next = page.getSequence() + 1;
    }

    /** Of two entries of a request the one with more is newer. */
    private static int answers(LedgerEntry entry) {
        return entry.getReceipt() != null
                ? Integer.MAX_VALUE
                : entry.getShards().size() + entry.getModels().size();
    }

    private static int place(long sequence) {
        return (int) (sequence % PAGES);
    }

    private void journalled(OpenRequest request, int place) {
        open.put(request.getRequestId(), new Journalled(request.getEntry(), place));
        allowance.changed(1);
        ring.get(place).add(request.getRequestId());
    }

    private void leaveJournal(String requestId) {
        Journalled before = open.remove(requestId);
        if (before != null) {
            allowance.changed(-1);
            ring.get(before.place).remove(requestId);
        }
    }

    /** Shows the open requests that are in the journal. */
    void eachJournalled(BiConsumer<String, LedgerEntry> visitor) {
        open.forEach((id, journalled) -> visitor.accept(id, journalled.entry));
    }

    /**
     * Shows the next entries of the ledger as they are on disk.
     *
     * @return whether there are more
     */
    boolean look(int most, BiConsumer<String, LedgerEntry> visitor) {
        int seen = 0;
        try (var rest = stored.range(lookedAt, null)) {
            for (; rest.hasNext() && seen < most; seen++) {
                var entry = rest.next();
                lookedAt = entry.key;
                written.add(entry.key);
                visitor.accept(entry.key, entry.value);
            }
        }
        lookedThrough = seen < most;
        return !lookedThrough;
    }

    /** The newest entry of a request; null: there is none. */
    LedgerEntry get(String requestId) {
        LedgerEntry changed = held.get(requestId);
        if (changed != null) {
            return changed;
        }
        Journalled journalled = open.get(requestId);
        if (journalled != null) {
            return journalled.entry;
        }
        return lookedThrough && !written.mayContain(requestId) ? null : ledger.get(requestId);
    }

    void put(String requestId, LedgerEntry entry) {
        held.put(requestId, entry);
    }

    /** Writes what was put; the end of a transaction. */
    void flush() {
        held.forEach((id, entry) -> {
            long bytes = size(entry);
            if (entry.getReceipt() != null || bytes > PAGE_BYTES) {
                leaveJournal(id);
                write(id, entry);
            } else {
                toPage(new OpenRequest(id, entry), bytes);
            }
        });
        held.clear();
        writePage();
        for (long oldest = next; allowance.exceeded() && !open.isEmpty(); oldest++) {
            writeOpen(place(oldest));
        }
        ledger.flush();
    }

    /** About how many bytes an entry has. */
    private static long size(LedgerEntry entry) {
        long items = entry.getKnownSubjects().size() + entry.getErasedSubjects().size();
        return Messages.SMALL * (1L + entry.getModels().size()) + Integer.BYTES * items;
    }

    private void toPage(OpenRequest request, long bytes) {
        if (pageBytes + bytes > PAGE_BYTES || page.size() == PAGE_ENTRIES) {
            writePage();
        }
        page.add(request);
        pageBytes += bytes;
    }

    private void writePage() {
        if (page.isEmpty()) {
            return;
        }
        int place = place(next);
        page.forEach(request -> leaveJournal(request.getRequestId()));
        writeOpen(place);
        journal.put(Integer.toString(place), new OpenRequests(next, page));
        page.forEach(request -> journalled(request, place));
        next++;
        page = new ArrayList<>();
        pageBytes = 0;
    }

    /** Writes the requests to the ledger whose newest entry is at this place of the ring. */
    private void writeOpen(int place) {
        for (String id : List.copyOf(ring.get(place))) {
            write(id, open.get(id).entry);
            leaveJournal(id);
        }
    }

    private void write(String id, LedgerEntry entry) {
        written.add(id);
        ledger.put(id, entry);
    }

    /** What it keeps in memory is free for other ledgers. */
    @Override
    public void close() {
        allowance.changed(-open.size());
        open.clear();
    }
}
