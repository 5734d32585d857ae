package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.RowData;
import dev.lethe.schemas.TailBatch;
import dev.lethe.schemas.TailEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.Test;

class TailStoreTest {
    private final KeyValueStore<String, SpecificRecord> store = store(new MockProcessorContext<>());
    private TailStore tail = open(0);

    static KeyValueStore<String, SpecificRecord> store(MockProcessorContext<?, ?> context) {
        var serde = Messages.serde(List.of(TailEntry.class, TailBatch.class)).as(SpecificRecord.class);
        return InMemory.store(context, "tail", serde);
    }

    private final List<Long> shown = new ArrayList<>();

    /** A new life on the same store. */
    private TailStore open(long last) {
        return new TailStore(store, "m", last, this::show);
    }

    /** The weight of an entry's row is its number, so that what is read can be told from what is counted. */
    private void show(long number, TailEntry entry) {
        assertThat(entry.getAfter().getWeight()).isEqualTo(number);
        shown.add(number);
    }

    private static TailEntry entry(long number, int features) {
        var row = new RowData(Doubles.toBuffer(new double[features]), "1", (double) number);
        return new TailEntry(0, null, row, null, null);
    }

    private void add(int count) {
        add(count, 1);
    }

    private void add(int count, int features) {
        for (int i = 0; i < count; i++) {
            long number = tail.last() + 1;
            assertThat(tail.add(entry(number, features))).isEqualTo(number);
        }
    }

    private void transaction(int count) {
        add(count);
        tail.flush();
    }

    private static List<Long> numbers(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    private int records() {
        int count = 0;
        try (var all = store.all()) {
            for (; all.hasNext(); all.next()) {
                count++;
            }
        }
        return count;
    }

    @Test
    void shouldWriteTheEntriesOfATransactionAsOneRecord() {
        add(700);
        assertThat(records()).isZero();
        tail.flush();
        tail.flush();
        assertThat(records()).isEqualTo(1);
    }

    @Test
    void shouldKeepRecordsBelowAnyLimit() {
        // 256 KiB hold sixteen of these.
        add(40, 2_048);
        // One that is larger than that alone.
        add(1, 40_000);
        add(3, 1);
        tail.flush();
        assertThat(records()).isEqualTo(5);
        tail.visit(0, Long.MAX_VALUE, this::show);
        assertThat(shown).isEqualTo(numbers(1, 44));
    }

    @Test
    void shouldShowAfterARestartWhatWasWritten() {
        transaction(5);
        transaction(2);
        add(3);

        TailStore next = open(0);

        assertThat(shown)
                .as("what was not at the end of its transaction is lost with it")
                .isEqualTo(numbers(1, 7));
        assertThat(next.last()).isEqualTo(7);
        assertThat(next.first()).isEqualTo(1);
    }

    @Test
    void shouldGoOnWithTheNumberThatIsKnownFromElsewhere() {
        transaction(5);
        tail.trim(5, 10);
        tail = open(5);
        assertThat(tail.first()).isEqualTo(6);
        add(1);
        assertThat(tail.last()).isEqualTo(6);
        assertThat(tail.first()).isEqualTo(6);
    }

    @Test
    void shouldShowEntriesAcrossRecords() {
        transaction(5);
        transaction(5);
        add(5);
        tail.visit(4, 13, this::show);
        assertThat(shown).isEqualTo(numbers(4, 13));
    }

    @Test
    void shouldKeepARecordWhileOneOfItsEntriesIsNeeded() {
        transaction(5);
        transaction(5);
        tail.trim(7, 10);
        assertThat(records()).isEqualTo(1);
        assertThat(tail.first()).isEqualTo(6);
        tail.trim(10, 10);
        assertThat(records()).isZero();
        assertThat(tail.first()).isEqualTo(11);
    }

    @Test
    void shouldReadAndTrimTheSingleEntriesOfEarlierReleases() {
        store.put("m/0000000000000003", entry(3, 1));
        store.put("m/0000000000000004", entry(4, 1));
        store.put("other/0000000000000009", entry(9, 1));
        tail = open(0);
        assertThat(shown).isEqualTo(numbers(3, 4));
        transaction(2);
        tail.trim(4, 10);
        assertThat(tail.first()).isEqualTo(5);
        assertThat(records()).isEqualTo(2);
    }
}
