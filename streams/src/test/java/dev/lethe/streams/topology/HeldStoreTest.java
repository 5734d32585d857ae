package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldStoreTest {
    @TempDir
    Path directory;

    private KeyValueStore<String, Long> store;
    private HeldStore<Long> held;

    @BeforeEach
    void open() {
        store = Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("held"), Serdes.String(), Serdes.Long())
                .withLoggingDisabled()
                .build();
        var context = new MockProcessorContext<>(new Properties(), new TaskId(0, 0), directory.toFile());
        store.init(context.getStateStoreContext(), store);
        held = new HeldStore<>(store);
    }

    @Test
    void shouldGiveWhatWasWrittenLast() {
        for (long i = 1; i <= 4; i++) {
            held.put("k" + i, i);
            held.flush();
        }
        held.put("k3", -3L);
        held.flush();

        assertThat(held.get("k1")).isEqualTo(1);
        assertThat(held.get("k3")).isEqualTo(-3);
        assertThat(held.get("k4")).isEqualTo(4);
        assertThat(store.get("k3")).isEqualTo(-3);
    }

    @Test
    void shouldForgetWhatIsDeleted() {
        held.put("k", 1L);
        held.flush();

        held.delete("k");
        assertThat(held.get("k")).isNull();
        held.flush();

        assertThat(held.get("k")).isNull();
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
}
