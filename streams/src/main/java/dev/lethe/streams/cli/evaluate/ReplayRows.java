package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.unlearn.network.KeyedRow;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.TrainingSet;
import dev.lethe.unlearn.objective.Row;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The rows of a network in the order of their training, known by the keys of their samples. */
final class ReplayRows {

    private final DataOptions.Data data;
    private final RowKeys keys;
    private final TrainingSet set;

    private ReplayRows(DataOptions.Data data, RowKeys keys, TrainingSet set) {
        this.data = data;
        this.keys = keys;
        this.set = set;
    }

    /**
     * Takes what the network is trained on, and what it holds out, from all rows of a file.
     *
     * @param sorted by their keys, as the service trains; else as they stand in the file
     */
    static ReplayRows of(DataOptions.Data data, boolean sorted) {
        RowKeys keys = NetworkSpecs.keys(data.spec());
        TrainingSet set = new TrainingSet(keys, Long.MAX_VALUE);
        for (int i = 0; i < data.ids().size(); i++) {
            set.add(new KeyedRow(keys.of(data.ids().get(i)), data.training().get(i)));
        }
        if (sorted) {
            set.sort();
        }
        if (set.training().isEmpty()) {
            throw new LetheException("expected samples to train on, got none but those held out (network.heldOut)");
        }
        return new ReplayRows(data, keys, set);
    }

    /** To train on, by position. */
    List<Row> rows() {
        return set.rows();
    }

    /** Those that the network holds out. */
    List<Row> heldOut() {
        return set.heldOut().stream().map(KeyedRow::row).toList();
    }

    /** SHA-256 of all rows that are trained on, their order included. */
    String digest() {
        return set.digest();
    }

    /** The same of those that are left without some positions. */
    String digestWithout(BitSet positions) {
        TrainingSet left = new TrainingSet(keys, Long.MAX_VALUE);
        for (int i = positions.nextClearBit(0); i < size(); i = positions.nextClearBit(i + 1)) {
            left.add(set.training().get(i));
        }
        return left.digest();
    }

    int size() {
        return set.training().size();
    }

    /** Positions of the rows of these keys. */
    BitSet positions(Set<String> wanted) {
        BitSet positions = new BitSet();
        for (int i = 0; i < size(); i++) {
            positions.set(i, wanted.contains(set.training().get(i).key()));
        }
        return positions;
    }

    /** Keys of the rows at these positions. */
    List<String> keys(BitSet positions) {
        return positions.stream().mapToObj(i -> set.training().get(i).key()).toList();
    }

    /**
     * Keys of these samples, and of all that belong to these subjects.
     *
     * @throws LetheException if there is no such sample, or a subject has none
     */
    Set<String> keys(Set<String> ids, Set<String> subjects) {
        Set<String> unknown = new HashSet<>(ids);
        Set<String> unseen = new HashSet<>(subjects);
        Set<String> found = new HashSet<>();
        for (int i = 0; i < data.ids().size(); i++) {
            String id = data.ids().get(i);
            String subject = data.subjects().get(i);
            unknown.remove(id);
            unseen.remove(subject);
            if (ids.contains(id) || subjects.contains(subject)) {
                found.add(keys.of(id));
            }
        }
        if (!unknown.isEmpty()) {
            throw new LetheException("--forget: expected ids of samples that were read, got " + unknown);
        }
        if (!unseen.isEmpty()) {
            // Never the subjects themselves: errors are kept.
            throw new LetheException("--subjects: expected subjects of samples that were read, got " + unseen.size()
                    + " of " + subjects.size() + " that have none");
        }
        return found;
    }
}
