package dev.lethe.streams.store;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One memory for all stores of Kafka Streams in this process: blocks, indexes, filters and write buffers together. Without
 * it each store takes up to 98 MiB of its own, and a process has dozens.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {
    /** Key of the bytes in the configuration of Kafka Streams. */
    public static final String BYTES = "lethe.rocksdb.memory.bytes";

    /** Of the memory, for what is not written to disk yet. */
    private static final double WRITE_BUFFERS = 0.5;
    /** Of the memory, for indexes and filters, which every read needs. */
    private static final double HIGH_PRIORITY = 0.1;
    /** A write buffer grows by so much: by its own rule an eighth of its size, 2 MiB in each of dozens of stores. */
    private static final long ARENA_BLOCK = 256 << 10;
    /** RocksDB's own choice of the number of pieces. */
    private static final int SHARD_BITS = -1;

    /** By size; kept for the life of the process, whose stores come and go. */
    private static final Map<Long, Memory> MEMORIES = new ConcurrentHashMap<>();

    private record Memory(Cache cache, WriteBufferManager writeBuffers) {
        static Memory of(long bytes) {
            RocksDB.loadLibrary();
            Cache cache = new LRUCache(bytes, SHARD_BITS, false, HIGH_PRIORITY);
            return new Memory(cache, new WriteBufferManager((long) (bytes * WRITE_BUFFERS), cache));
        }
    }

    /** Called by Kafka Streams for each store. */
    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        Memory memory = MEMORIES.computeIfAbsent(Long.valueOf(configs.get(BYTES).toString()), Memory::of);
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(memory.cache);
        table.setCacheIndexAndFilterBlocks(true);
        table.setCacheIndexAndFilterBlocksWithHighPriority(true);
        table.setPinTopLevelIndexAndFilter(true);
        options.setArenaBlockSize(ARENA_BLOCK);
        options.setWriteBufferManager(memory.writeBuffers);
        options.setTableFormatConfig(table);
    }

    /** Nothing: other stores share the memory. */
    @Override
    public void close(String storeName, Options options) {}

    /** What is in use of a memory of this size, in bytes; 0 before the first store. */
    static long used(long bytes) {
        Memory memory = MEMORIES.get(bytes);
        return memory == null ? 0 : memory.cache.getUsage();
    }
}
