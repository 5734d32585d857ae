package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.OpenRequests;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.Test;

class LedgerStoreTest {
    private final MockProcessorContext<?, ?> context = new MockProcessorContext<>();
    private final KeyValueStore<String, LedgerEntry> ledger = store("ledger", LedgerEntry.class);
    private final KeyValueStore<String, OpenRequests> journal = store("journal", OpenRequests.class);
    private final OpenAllowance allowance = new OpenAllowance(16_384);
    private LedgerStore entries = open();

    private <T extends org.apache.avro.specific.SpecificRecord> KeyValueStore<String, T> store(
            String name, Class<T> type) {
        return InMemory.store(context, name, Messages.serde(type));
    }

    /** A new life on the same stores. */
    private LedgerStore open() {
        return new LedgerStore(ledger, journal, allowance);
    }

    /** An entry that this many shards have answered. */
    private static LedgerEntry entry(int answers) {
        return LedgerEntry.newBuilder()
                .setContentHash(ByteBuffer.wrap(new byte[32]))
                .setType(RequestType.DELETE)
                .setDataset("d")
                .setSampleCount(1)
                .setSubjectCount(0)
                .setTopic("t")
                .setPartition(0)
                .setOffset(1)
                .setRequestTime(1_000)
                .setShards(IntStream.range(0, answers).boxed().toList())
                .build();
    }

    private static LedgerEntry closed(String id) {
        var receipt = Receipt.newBuilder()
                .setRequestId(id)
                .setDataset("d")
                .setType(RequestType.DELETE)
                .setStatus(ReceiptStatus.APPLIED)
                .setApplied(1)
                .setUnknown(0)
                .setAlreadyErased(0)
                .setRefused(0)
                .setModels(List.of())
                .setTopic("t")
                .setPartition(0)
                .setOffset(1)
                .setRequestTime(1_000)
                .setReceiptTime(2_000)
                .build();
        return LedgerEntry.newBuilder(entry(1)).setReceipt(receipt).build();
    }

    private void write(String id, LedgerEntry entry) {
        entries.put(id, entry);
        entries.flush();
    }

    private Map<String, LedgerEntry> journalled() {
        Map<String, LedgerEntry> found = new HashMap<>();
        entries.eachJournalled(found::put);
        return found;
    }

    @Test
    void shouldKeepWhatIsOpenOutOfTheLedger() {
        write("r", entry(0));
        write("r", entry(1));
        assertThat(ledger.get("r")).isNull();
        assertThat(open().get("r")).isEqualTo(entry(1));
    }

    @Test
    void shouldWriteWhatIsClosedToTheLedger() {
        write("r", entry(0));
        write("r", closed("r"));
        assertThat(ledger.get("r")).isEqualTo(closed("r"));
        entries = open();
        assertThat(entries.get("r")).isEqualTo(closed("r"));
        assertThat(journalled()).isEmpty();
    }

    @Test
    void shouldWriteNothingBeforeTheEndOfTheTransaction() {
        entries.put("r", entry(0));
        assertThat(entries.get("r")).isEqualTo(entry(0));
        assertThat(open().get("r")).isNull();
    }

    @Test
    void shouldWriteToTheLedgerWhatIsStillOpenWhenItsPageIsOverwritten() {
        write("slow", entry(1));
        for (int i = 0; i < 400; i++) {
            write("r" + i, entry(0));
            write("r" + i, closed("r" + i));
        }
        assertThat(ledger.get("slow")).isEqualTo(entry(1));
        assertThat(journal.approximateNumEntries()).isLessThan(200);
        write("slow", entry(2));
        assertThat(open().get("slow")).as("newer than the ledger's").isEqualTo(entry(2));
    }

    @Test
    void shouldHoldABoundedNumberInMemory() {
        for (int i = 0; i < 40_000; i++) {
            entries.put("r" + i, entry(0));
            if (i % 10_000 == 9_999) {
                entries.flush();
            }
        }
        assertThat(journalled().size()).isLessThan(20_000);
        assertThat(entries.get("r0")).isEqualTo(entry(0));
        assertThat(open().get("r39999")).isEqualTo(entry(0));
    }

    @Test
    void shouldLeaveTheAllowanceToOthersWhenClosed() {
        for (int i = 0; i < 10_000; i++) {
            entries.put("r" + i, entry(0));
        }
        entries.flush();
        entries.close();
        entries = open();
        assertThat(journalled().size()).as("kept, in a new life").isEqualTo(10_000);
        assertThat(allowance.exceeded()).isFalse();
    }

    @Test
    void shouldKnowWhatAnEarlierLifeWroteBeforeAndAfterLookingThrough() {
        for (int i = 0; i < 50; i++) {
            write("r" + i, closed("r" + i));
        }
        entries = open();
        assertThat(entries.get("r7")).isEqualTo(closed("r7"));
        Map<String, LedgerEntry> seen = new HashMap<>();
        while (entries.look(20, seen::put)) {}
        assertThat(seen).hasSize(50);
        IntStream.range(0, 50)
                .forEach(i -> assertThat(entries.get("r" + i)).as("r%d", i).isEqualTo(closed("r" + i)));
        assertThat(entries.get("r50")).isNull();
        write("r50", closed("r50"));
        assertThat(entries.get("r50")).isEqualTo(closed("r50"));
    }

    @Test
    void shouldNotAskTheStoreForWhatIsNew() {
        LedgerStore notLookedThrough = open();
        entries.look(20, (id, entry) -> {});
        ledger.put("behind its back", closed("behind its back"));
        assertThat(entries.get("behind its back")).isNull();
        assertThat(notLookedThrough.get("behind its back")).isNotNull();
    }

    @Test
    void shouldKeepAnEntryTooLargeForAPageInTheLedger() {
        write("r", entry(1));
        LedgerEntry large = LedgerEntry.newBuilder(entry(2))
                .setKnownSubjects(IntStream.range(0, 100_000).boxed().toList())
                .build();
        write("r", large);
        assertThat(ledger.get("r")).isEqualTo(large);
        assertThat(open().get("r")).as("newer than the journal's").isEqualTo(large);
    }

    @Test
    void shouldBeAsAPlainMapThroughRestarts() {
        long seed = 83;
        Random random = new Random(seed);
        Map<String, LedgerEntry> expected = new HashMap<>();
        for (int i = 0; i < 3_000; i++) {
            String id = "r" + random.nextInt(300);
            LedgerEntry known = entries.get(id);
            assertThat(known).as("seed %d, step %d", seed, i).isEqualTo(expected.get(id));
            LedgerEntry next = known == null
                    ? entry(0)
                    : random.nextInt(4) == 0
                            ? closed(id)
                            : entry(known.getShards().size() + 1);
            if (known == null || known.getReceipt() == null) {
                entries.put(id, next);
                expected.put(id, next);
            }
            if (random.nextInt(3) == 0) {
                entries.flush();
            }
            if (random.nextInt(100) == 0) {
                entries.flush();
                entries.close();
                entries = open();
            }
            if (random.nextInt(5) == 0) {
                entries.look(20, (seen, entry) -> {});
            }
        }
        var stillOpen = journalled().values();
        assertThat(stillOpen).as("seed %d", seed).allMatch(entry -> entry.getReceipt() == null);
    }
}
