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
final class LedgerStore {
    private static final int PAGES = 64;
    private static final int PAGE_ENTRIES = 1_024;
    /** Of one page; a larger entry goes straight into the ledger. */
    private static final int PAGE_BYTES = 256 << 10;
    /** In memory, each some hundred bytes. */
    private static final int MAX_OPEN = 16_384;

    private final KeyValueStore<String, LedgerEntry> ledger;
    private final KeyValueStore<String, OpenRequests> journal;
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

    private record Journalled(LedgerEntry entry, int place) {}

    LedgerStore(KeyValueStore<String, LedgerEntry> ledger, KeyValueStore<String, OpenRequests> journal) {
        this.ledger = ledger;
        this.journal = journal;
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
        ring.get(place).add(request.getRequestId());
    }

    private void leaveJournal(String requestId) {
        Journalled before = open.remove(requestId);
        if (before != null) {
            ring.get(before.place).remove(requestId);
        }
    }

    /** Shows the open requests that are in the journal. */
    void eachJournalled(BiConsumer<String, LedgerEntry> visitor) {
        open.forEach((id, journalled) -> visitor.accept(id, journalled.entry));
    }

    /** The newest entry of a request; null: there is none. */
    LedgerEntry get(String requestId) {
        LedgerEntry changed = held.get(requestId);
        if (changed != null) {
            return changed;
        }
        Journalled journalled = open.get(requestId);
        return journalled != null ? journalled.entry : ledger.get(requestId);
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
                ledger.put(id, entry);
            } else {
                toPage(new OpenRequest(id, entry), bytes);
            }
        });
        held.clear();
        writePage();
        for (long oldest = next; open.size() > MAX_OPEN; oldest++) {
            writeOpen(place(oldest));
        }
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
            ledger.put(id, open.get(id).entry);
            leaveJournal(id);
        }
    }
}
