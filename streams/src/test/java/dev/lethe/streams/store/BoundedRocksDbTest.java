package dev.lethe.streams.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

class BoundedRocksDbTest {
    private static final int STORES = 6;
    private static final long MEMORY = 16L << 20;
    /** Write buffers may be filled while others are written to disk. */
    private static final double SLACK = 2;

    private static final int VALUE_BYTES = 4096;
    private static final int VALUES = 3_000;

    @TempDir
    private Path folder;

    /** Each store alone would keep all it is given, 12 MB, in a write buffer of its own. */
    @Test
    void shouldShareOneMemoryAmongAllStores() throws RocksDBException {
        List<AutoCloseable> open = new ArrayList<>();
        List<RocksDB> stores = new ArrayList<>();
        for (int i = 0; i < STORES; i++) {
            Options options = new Options().setCreateIfMissing(true).setWriteBufferSize(16 << 20);
            options.setTableFormatConfig(new BlockBasedTableConfig());
            new BoundedRocksDb().setConfig("store" + i, options, Map.of(BoundedRocksDb.BYTES, MEMORY));
            stores.add(RocksDB.open(options, folder.resolve("store" + i).toString()));
            open.add(options);
        }
        byte[] value = new byte[VALUE_BYTES];
        Random random = new Random(1);
        long most = 0;
        for (int k = 0; k < VALUES; k++) {
            for (RocksDB store : stores) {
                random.nextBytes(value);
                store.put(key(k), value);
            }
            awaitFlushes(stores);
            most = Math.max(most, BoundedRocksDb.used(MEMORY));
        }
        for (RocksDB store : stores) {
            for (int k = 0; k < VALUES; k += 7) {
                assertThat(store.get(key(k))).hasSize(VALUE_BYTES);
            }
            most = Math.max(most, BoundedRocksDb.used(MEMORY));
            store.close();
        }

        assertThat(open).hasSize(STORES);
        assertThat((double) most).isBetween(MEMORY / 4.0, SLACK * MEMORY);
    }

    /** Buffers go to disk in the background; a test that only writes would be quicker than a busy machine's disk. */
    private static void awaitFlushes(List<RocksDB> stores) {
        for (RocksDB store : stores) {
            await("flush")
                    .atMost(Duration.ofSeconds(30))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> store.getLongProperty("rocksdb.mem-table-flush-pending")
                                    + store.getLongProperty("rocksdb.num-running-flushes")
                            == 0);
        }
    }

    private static byte[] key(int k) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(k).array();
    }
}
