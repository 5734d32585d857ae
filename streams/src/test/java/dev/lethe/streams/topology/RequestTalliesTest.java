package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.RowData;
import java.util.List;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two shards answer, in any order and with versions between. */
class RequestTalliesTest {
    private KeyValueStore<String, RequestTally> store;
    private RequestTallies tallies;

    @BeforeEach
    void open() {
        store = InMemory.store(new MockProcessorContext<>(), Nodes.TALLIES, Messages.serde(RequestTally.class));
        restart();
    }

    private void restart() {
        tallies = new RequestTallies(store, "m", 2);
    }

    private static Change answer(String request, int shard, boolean changed, boolean done) {
        RowData row = changed
                ? RowData.newBuilder()
                        .setLabel("a")
                        .setWeight(1)
                        .setFeatures(Doubles.toBuffer(new double[] {1}))
                        .build()
                : null;
        return Change.newBuilder()
                .setModelId("m")
                .setShard(shard)
                .setRequestId(request)
                .setRequestOffset(request.charAt(0))
                .setBefore(row)
                .setPartDone(done)
                .build();
    }

    private List<String> listed(long through) {
        return tallies.list(through).stream().map(RequestTally::getRequestId).toList();
    }

    @Test
    void shouldWaitOnlyForTheShardsThatWereAsked() {
        tallies.count(
                Change.newBuilder(answer("r", 1, true, true)).setAddressed(1).build(), 5);
        assertThat(tallies.remove(tally -> true)).singleElement().satisfies(tally -> {
            assertThat(tally.getThrough()).isEqualTo(5);
            assertThat(tally.getFirstChange()).isEqualTo(5);
        });
    }

    @Test
    void shouldListARequestInTheVersionThatHoldsItsFirstChange() {
        tallies.count(answer("a", 0, true, true), 1);
        assertThat(listed(1)).containsExactly("a");

        tallies.count(answer("b", 0, true, true), 2);
        tallies.count(answer("a", 1, false, true), 2);
        tallies.count(answer("b", 1, false, true), 2);

        assertThat(listed(2)).containsExactly("b");
        assertThat(tallies.remove(t -> true))
                .extracting(RequestTally::getRequestId)
                .containsExactly("a", "b");
    }

    @Test
    void shouldNotListARequestBeforeItsChangeIsFolded() {
        tallies.count(answer("a", 0, true, false), 7);

        assertThat(listed(6)).isEmpty();
        assertThat(listed(7)).containsExactly("a");
    }

    @Test
    void shouldNotListWhatChangedNothing() {
        tallies.count(answer("a", 0, false, true), 3);
        tallies.count(answer("a", 1, false, true), 3);

        assertThat(tallies.anyWaiting()).isTrue();
        assertThat(listed(3)).isEmpty();
    }

    @Test
    void shouldListOnceAlsoAfterARestart() {
        tallies.count(answer("a", 0, true, false), 1);
        assertThat(listed(1)).containsExactly("a");
        tallies.flush();

        restart();
        tallies.count(answer("a", 0, true, true), 2);
        tallies.count(answer("a", 1, true, true), 3);

        assertThat(listed(3)).isEmpty();
        assertThat(tallies.anyWaiting()).isTrue();
    }
}
