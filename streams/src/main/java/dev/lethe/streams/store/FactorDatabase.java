package dev.lethe.streams.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Snapshots of factors in a RocksDB of their own: one column family with the bytes, one with a line about each. There is
 * no write-ahead log; a write is flushed as a whole before it counts. Thread-safe, as RocksDB is.
 */
final class FactorDatabase implements AutoCloseable {
    private static final List<String> FAMILIES = List.of("default", "snapshots", "lines");
    private static final int SNAPSHOTS = 1;
    private static final int LINES = 2;

    private final DBOptions options;
    private final ColumnFamilyOptions familyOptions;
    private final List<ColumnFamilyHandle> handles;
    private final RocksDB database;

    private FactorDatabase(
            DBOptions options, ColumnFamilyOptions familyOptions, List<ColumnFamilyHandle> handles, RocksDB database) {
        this.options = options;
        this.familyOptions = familyOptions;
        this.handles = handles;
        this.database = database;
    }

    /** Opens or creates it. One process at a time may. */
    static FactorDatabase open(Path directory) throws RocksDBException {
        return open(directory, false);
    }

    /** Opens it as it is now, also while the process that owns it runs. */
    static FactorDatabase openToRead(Path directory) throws RocksDBException {
        return open(directory, true);
    }

    private static FactorDatabase open(Path directory, boolean toRead) throws RocksDBException {
        RocksDB.loadLibrary();
        // Random numbers do not compress.
        var familyOptions = new ColumnFamilyOptions().setCompressionType(CompressionType.NO_COMPRESSION);
        var options = new DBOptions()
                .setCreateIfMissing(!toRead)
                .setCreateMissingColumnFamilies(!toRead)
                .setAtomicFlush(true)
                .setKeepLogFileNum(2);
        List<ColumnFamilyDescriptor> families = FAMILIES.stream()
                .map(name -> new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), familyOptions))
                .toList();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            RocksDB database = toRead
                    ? RocksDB.openReadOnly(options, directory.toString(), families, handles)
                    : RocksDB.open(options, directory.toString(), families, handles);
            return new FactorDatabase(options, familyOptions, handles, database);
        } catch (RocksDBException e) {
            options.close();
            familyOptions.close();
            throw e;
        }
    }

    Optional<byte[]> read(FactorKey key) throws RocksDBException {
        return Optional.ofNullable(database.get(handles.get(SNAPSHOTS), key.bytes()));
    }

    /** All snapshots, or those of one model. @param modelId or null */
    List<FactorLine> lines(String modelId) {
        byte[] prefix = modelId == null ? new byte[0] : FactorKey.prefix(modelId);
        List<FactorLine> lines = new ArrayList<>();
        try (RocksIterator all = database.newIterator(handles.get(LINES))) {
            for (all.seek(prefix); all.isValid() && startsWith(all.key(), prefix); all.next()) {
                ByteBuffer line = ByteBuffer.wrap(all.value());
                lines.add(new FactorLine(FactorKey.parse(all.key()), line.getLong(), line.getLong()));
            }
        }
        return lines;
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Writes a snapshot in the place of others of its model, which are gone from the disk when this returns. */
    void replace(FactorKey key, byte[] snapshot, long now) throws RocksDBException {
        byte[] line = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(snapshot.length)
                .putLong(now)
                .array();
        try (var batch = new WriteBatch()) {
            boolean old = deleteOthers(batch, key.modelId(), key);
            batch.put(handles.get(SNAPSHOTS), key.bytes(), snapshot);
            batch.put(handles.get(LINES), key.bytes(), line);
            write(batch);
            if (old) {
                compact(key.modelId());
            }
        }
    }

    /** Deletes all snapshots of a model; they are gone from the disk when this returns. */
    void delete(String modelId) throws RocksDBException {
        try (var batch = new WriteBatch()) {
            if (deleteOthers(batch, modelId, null)) {
                write(batch);
                compact(modelId);
            }
        }
    }

    private boolean deleteOthers(WriteBatch batch, String modelId, FactorKey kept) throws RocksDBException {
        boolean any = false;
        for (FactorLine line : lines(modelId)) {
            if (!line.key().equals(kept)) {
                batch.delete(handles.get(SNAPSHOTS), line.key().bytes());
                batch.delete(handles.get(LINES), line.key().bytes());
                any = true;
            }
        }
        return any;
    }

    private void write(WriteBatch batch) throws RocksDBException {
        try (var write = new WriteOptions().setDisableWAL(true);
                var flush = new FlushOptions().setWaitForFlush(true)) {
            database.write(write, batch);
            database.flush(flush, handles);
        }
    }

    /** A deletion alone only hides the bytes; they are written out of existence by compacting the lowest level too. */
    private void compact(String modelId) throws RocksDBException {
        byte[] begin = FactorKey.prefix(modelId);
        byte[] end = FactorKey.prefix(modelId);
        end[end.length - 1]++;
        try (var range = new CompactRangeOptions().setBottommostLevelCompaction(BottommostLevelCompaction.kForce)) {
            database.compactRange(handles.get(SNAPSHOTS), begin, end, range);
            database.compactRange(handles.get(LINES), begin, end, range);
        }
    }

    @Override
    public void close() {
        handles.forEach(ColumnFamilyHandle::close);
        database.close();
        options.close();
        familyOptions.close();
    }
}
