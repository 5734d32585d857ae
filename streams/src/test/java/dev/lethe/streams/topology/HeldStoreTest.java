package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeldStoreTest {
    private static final int MOST = 3;

    private KeyValueStore<String, Long> store;
    private HeldStore<Long> held;

    @BeforeEach
    void open() {
        store = InMemory.store(new MockProcessorContext<>(), "held", Serdes.Long());
        held = new HeldStore<>(store, MOST);
    }

    @Test
    void shouldWriteWhatWasPutLast() {
        for (long i = 1; i <= 4; i++) {
            held.put("k" + i, i);
            held.flush();
        }
        held.put("k3", -3L);
        held.flush();

        assertThat(store.get("k1")).isEqualTo(1);
        assertThat(store.get("k3")).isEqualTo(-3);
    }

    @Test
    void shouldForgetWhatIsDeleted() {
        held.put("k", 1L);
        held.flush();

        held.delete("k");
        held.flush();

        assertThat(store.get("k")).isNull();
    }

    @Test
    void shouldWriteNothingOfWhatCameAndWentInOneTransaction() {
        held.putNew("k", 1L);
        held.delete("k");
        store.put("k", 7L);

        held.flush();

        assertThat(store.get("k")).isEqualTo(7);
    }

    @Test
    void shouldShowWhatIsHeldBack() {
        store.put("a", 1L);
        store.put("b", 2L);

        held.put("a", 10L);
        held.delete("b");

        assertThat(held.get("a")).isEqualTo(10);
        assertThat(held.get("b")).isNull();
        assertThat(store.get("a")).isEqualTo(1);
        assertThat(store.get("b")).isEqualTo(2);
    }

    @Test
    void shouldHoldBackNoMoreThanItMay() {
        held.put("c", 3L);
        held.put("a", 1L);
        assertThat(store.get("c")).isNull();

        held.putNew("b", 2L);

        assertThat(store.get("a")).isEqualTo(1);
        assertThat(store.get("b")).isEqualTo(2);
        assertThat(store.get("c")).isEqualTo(3);
        held.delete("b");
        assertThat(held.get("b")).isNull();
    }
}
