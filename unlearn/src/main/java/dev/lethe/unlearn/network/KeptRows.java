package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;

/**
 * The few rows that a network in service keeps in memory: a sample of the training rows by their curvature, for patches;
 * one that takes all alike, and one of the rows held out, for evidence. Each bounded; a row that changes or goes leaves
 * all of them at once. Not thread-safe.
 */
public final class KeptRows {

    /** Rows below this share of their block's mean importance count as that much. */
    private static final double FLOOR = 0.05;
    /** A network that is sure of every row of a block has no curvature there at all. */
    private static final double LEAST = 1e-9;

    private static final int BLOCK = 1024;

    private final RowKeys keys;
    private final CurvatureSample curvature;
    private final CurvatureSample retained;
    private final CurvatureSample validation;
    private long trainingRows;
    private long heldOutRows;
    private long misfits;

    /** @param capacity rows of each kind at most */
    public KeptRows(RowKeys keys, int capacity) {
        this.keys = keys;
        this.curvature = new CurvatureSample(capacity, keys.seed());
        this.retained = new CurvatureSample(capacity, keys.seed() + 1);
        this.validation = new CurvatureSample(capacity, keys.seed() + 2);
    }

    /** What is kept of a whole training set, at the network that was trained on it. */
    public static KeptRows of(Network network, TrainingSet rows, int capacity, RowKeys keys) {
        KeptRows kept = new KeptRows(keys, capacity);
        kept.offer(network, rows.training());
        kept.offer(network, rows.heldOut());
        kept.misfits = rows.misfits();
        return kept;
    }

    /** Rows offered one by one, weighed in blocks; a shard's answer. */
    public final class Offering {
        private final Network network;
        private final List<KeyedRow> block = new ArrayList<>();

        private Offering(Network network) {
            this.network = network;
        }

        public void add(KeyedRow row) {
            block.add(row);
            if (block.size() == BLOCK) {
                end();
            }
        }

        public void misfit() {
            misfits++;
        }

        /** Takes what is left. */
        public void end() {
            offerBlock(network, block);
            block.clear();
        }
    }

    public Offering offering(Network network) {
        return new Offering(network);
    }

    private void offer(Network network, List<KeyedRow> rows) {
        for (int from = 0; from < rows.size(); from += BLOCK) {
            offerBlock(network, rows.subList(from, Math.min(rows.size(), from + BLOCK)));
        }
    }

    /** Rows that were not here before. */
    private void offerBlock(Network network, List<KeyedRow> rows) {
        List<KeyedRow> training = new ArrayList<>();
        for (KeyedRow row : rows) {
            if (keys.heldOut(row.key())) {
                validation.put(row.key(), row.row(), 1);
                heldOutRows++;
            } else {
                training.add(row);
            }
        }
        trainingRows += training.size();
        double[] importance =
                network.curvatures(training.stream().map(KeyedRow::row).toList());
        double mean = 0;
        for (double one : importance) {
            mean += one / importance.length;
        }
        for (int i = 0; i < importance.length; i++) {
            KeyedRow row = training.get(i);
            curvature.put(row.key(), row.row(), Math.max(LEAST, Math.max(importance[i], FLOOR * mean)));
            retained.put(row.key(), row.row(), 1);
        }
    }

    /** Takes the old rows of these changes out of the samples. */
    void forget(List<KeyedChange> changes) {
        for (KeyedChange change : changes) {
            if (change.forgets()) {
                drop(change.key());
            }
        }
    }

    /** Offers the new rows of these changes, and counts all. @param network that has followed them */
    void learn(Network network, List<KeyedChange> changes) {
        List<KeyedRow> rows = new ArrayList<>();
        for (KeyedChange change : changes) {
            count(change, -1, 0);
            if (change.change().after() != null) {
                rows.add(new KeyedRow(change.key(), change.change().after()));
            }
        }
        offer(network, rows);
    }

    /**
     * Takes back that these changes were followed: what is kept is that of a version before them. Their old rows do not
     * come back; where they were removed, nothing of them may.
     */
    public void rewind(List<KeyedChange> changes) {
        for (KeyedChange change : changes) {
            count(change, 1, -1);
            drop(change.key());
        }
    }

    private void count(KeyedChange change, int before, int after) {
        int by = (change.forgets() ? before : 0) + (change.change().after() == null ? 0 : after);
        if (keys.heldOut(change.key())) {
            heldOutRows += by;
        } else {
            trainingRows += by;
        }
    }

    private void drop(String key) {
        curvature.remove(key);
        retained.remove(key);
        validation.remove(key);
    }

    /** Whether a change is one of the training rows, and not of those held out. */
    boolean trains(KeyedChange change) {
        return !keys.heldOut(change.key());
    }

    /** Weighted so that they stand for all training rows. */
    public List<Row> curvatureSample() {
        return curvature.rows();
    }

    List<Row> retainedSample() {
        return retained.rows();
    }

    List<Row> validationSample() {
        return validation.rows();
    }

    /** Rows held out that are kept here. */
    public int heldOutSample() {
        return validation.size();
    }

    /** Rows of the dataset that are trained on; also those that are not kept here. */
    public long trainingRows() {
        return trainingRows;
    }

    public long heldOutRows() {
        return heldOutRows;
    }

    public long misfits() {
        return misfits;
    }

    public byte[] encode() {
        return RowCodec.write(out -> {
            out.writeLong(trainingRows);
            out.writeLong(heldOutRows);
            out.writeLong(misfits);
            curvature.write(out);
            retained.write(out);
            validation.write(out);
        });
    }

    /** What is kept of all shards together. */
    public static KeptRows merged(RowKeys keys, int capacity, List<byte[]> encoded) {
        KeptRows all = new KeptRows(keys, capacity);
        for (byte[] shard : encoded) {
            RowCodec.read(shard, in -> {
                all.trainingRows += in.readLong();
                all.heldOutRows += in.readLong();
                all.misfits += in.readLong();
                all.curvature.read(in);
                all.retained.read(in);
                all.validation.read(in);
                return all;
            });
        }
        return all;
    }
}
