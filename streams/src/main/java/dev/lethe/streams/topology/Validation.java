package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.RowData;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.validation.Metrics;
import dev.lethe.unlearn.validation.ValidationSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The validation rows of a model in its task: what the shards sent, as it is today. A row that is erased leaves it with
 * the same change that tells the model.
 */
final class Validation {
    private final ModelState state;
    private final KeyValueStore<String, RowData> store;
    private final RowMapper mapper;
    private final ValidationSet rows;
    private final String prefix;
    private final int shards;
    private long revision;

    Validation(ModelState state, KeyValueStore<String, RowData> store, int shards) {
        ModelSpec spec = state.spec();
        this.state = state;
        this.store = store;
        this.mapper = Specs.mapper(spec);
        this.rows = new ValidationSet(mapper.objective());
        this.prefix = spec.getModelId() + "/";
        this.shards = shards;
        try (var all = store.prefixScan(prefix, new StringSerializer())) {
            all.forEachRemaining(entry -> put(entry.key, entry.value));
        }
    }

    /** Whether the model has validation rows, or all shards have sent what they had: a first version waits for that. */
    boolean ready() {
        return state.spec().getValidation() == null
                || state.progress().getValidationShards().size() >= shards;
    }

    /** Counts up with every change of the rows. */
    long revision() {
        return revision;
    }

    /** Takes in what a shard tells of its validation rows. Returns whether the change was about them. */
    boolean change(Change change) {
        if (change.getValidationDone()) {
            done(change.getShard());
            return true;
        }
        if (change.getValidationId() == null) {
            return false;
        }
        revision++;
        String key = prefix + change.getShard() + "/" + change.getValidationId();
        if (change.getAfter() == null) {
            rows.remove(key);
            store.delete(key);
        } else if (put(key, change.getAfter())) {
            store.put(key, change.getAfter());
        }
        return true;
    }

    private boolean put(String key, RowData row) {
        return mapper.map(Doubles.toArray(row.getFeatures()), row.getLabel(), row.getWeight()) instanceof Fits fits
                && rows.put(key, fits.row());
    }

    private void done(int shard) {
        ModelProgress.Builder progress = state.progress();
        if (!progress.getValidationShards().contains(shard)) {
            List<Integer> all = new ArrayList<>(progress.getValidationShards());
            all.add(shard);
            progress.setValidationShards(all);
            state.save();
        }
    }

    /** What parameters do on the rows as they are now; empty where there are none. @param theta Not modified. */
    Optional<Metrics> metrics(double[] theta) {
        if (rows.size() == 0) {
            return Optional.empty();
        }
        Metrics metrics = rows.metrics(theta);
        return Double.isNaN(metrics.loss()) ? Optional.empty() : Optional.of(metrics);
    }
}
