package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * All rows of a network's dataset, for a training: gathered by the shards, put together in the order of their keys. Held
 * in memory, within a limit.
 */
public final class TrainingSet {

    private static final int ROW_OVERHEAD = 160;

    private final RowKeys keys;
    private final long limit;
    private final List<KeyedRow> training = new ArrayList<>();
    private final List<KeyedRow> heldOut = new ArrayList<>();
    private long bytes;
    private long misfits;

    /** @param limit bytes of rows at most */
    public TrainingSet(RowKeys keys, long limit) {
        this.keys = keys;
        this.limit = limit;
    }

    /**
     * Takes a row.
     *
     * @throws NetworkException beyond the limit
     */
    public void add(KeyedRow row) {
        bytes += ROW_OVERHEAD
                + (long) Double.BYTES * (row.row().x().length + row.row().y().length);
        if (bytes > limit) {
            throw new NetworkException("network: the rows of its dataset take more than " + (limit >> 20)
                    + " MB, a quarter of this process's heap; give it more memory (-Xmx), or freeze the network's body"
                    + " (transform.extractor)");
        }
        (keys.heldOut(row.key()) ? heldOut : training).add(row);
    }

    /** Counts a sample that is no row of the network. */
    public void misfit() {
        misfits++;
    }

    public byte[] encode() {
        return RowCodec.write(out -> {
            out.writeLong(misfits);
            out.writeInt(training.size() + heldOut.size());
            for (KeyedRow row : training) {
                RowCodec.writeRow(out, row);
            }
            for (KeyedRow row : heldOut) {
                RowCodec.writeRow(out, row);
            }
        });
    }

    /** The rows of all shards, in the order of their keys. */
    public static TrainingSet merged(RowKeys keys, long limit, List<byte[]> encoded) {
        TrainingSet all = new TrainingSet(keys, limit);
        for (byte[] shard : encoded) {
            RowCodec.read(shard, in -> {
                all.misfits += in.readLong();
                for (int left = in.readInt(); left > 0; left--) {
                    all.add(RowCodec.readRow(in));
                }
                return all;
            });
        }
        all.sort();
        return all;
    }

    /** Brings the rows into the order of their keys: that of a training. */
    public void sort() {
        training.sort(Comparator.comparing(KeyedRow::key));
        heldOut.sort(Comparator.comparing(KeyedRow::key));
    }

    /** Rows to train on, by key. Not to be modified. */
    public List<KeyedRow> training() {
        return training;
    }

    /** Rows that are held out, by key. Not to be modified. */
    public List<KeyedRow> heldOut() {
        return heldOut;
    }

    /** The rows to train on, without their keys. */
    public List<Row> rows() {
        return training.stream().map(KeyedRow::row).toList();
    }

    public long misfits() {
        return misfits;
    }

    /** SHA-256 of what a training depends on: two sets with one digest train to the same bits. */
    public String digest() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (KeyedRow row : training) {
                sha.update(HexFormat.of().parseHex(row.key()));
                update(sha, row.row().weight());
                update(sha, row.row().y());
                update(sha, row.row().x());
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void update(MessageDigest sha, double... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Double.BYTES);
        buffer.asDoubleBuffer().put(values);
        sha.update(buffer.array());
    }
}
