package dev.lethe.streams.topology;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.ComputedScore;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.StoredSample;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Scores that jobs computed of a shard's rows. They stay beside the row, to be shown with each of its scores, until the row
 * is changed or erased. All on the stream thread.
 */
final class ComputedStore {
    private final KeyValueStore<String, ComputedRow> store;
    private final ShardStores rows;
    private final OpenModels models;

    ComputedStore(KeyValueStore<String, ComputedRow> store, ShardStores rows, OpenModels models) {
        this.store = store;
        this.rows = rows;
        this.models = models;
    }

    /** Keeps what is of rows that are here and are still what the job read; the others are other shards', or out of date. */
    void take(ComputedScores batch) {
        OpenModel model = models.get(batch.getModelId());
        if (model == null) {
            return;
        }
        if (!model.getComputed()) {
            models.put(OpenModel.newBuilder(model).setComputed(true).build());
        }
        String dataset = model.getSpec().getDataset();
        for (ComputedRow row : batch.getRows()) {
            StoredSample held = rows.get(dataset, row.getSampleId());
            if (held != null && content(held).equals(row.getContent())) {
                String key = Topics.scoreKey(dataset, batch.getModelId(), row.getSampleId());
                store.put(key, merged(store.get(key), row));
            }
        }
    }

    private static Object content(StoredSample row) {
        return RowDigest.of(row.getFeatures(), row.getLabel(), row.getWeight());
    }

    /** A newer score takes the place of that of the same name. */
    private static ComputedRow merged(ComputedRow before, ComputedRow row) {
        if (before == null) {
            return row;
        }
        List<String> names =
                row.getScores().stream().map(ComputedScore::getScore).toList();
        List<ComputedScore> all = new ArrayList<>(row.getScores());
        before.getScores().stream()
                .filter(score -> !names.contains(score.getScore()))
                .forEach(all::add);
        return ComputedRow.newBuilder(row).setScores(all).build();
    }

    /** The row is not any more what was scored. */
    void forget(OpenModel model, String sampleId) {
        if (model.getComputed()) {
            // The store's own delete reads what was there first.
            store.put(key(model, sampleId), null);
        }
    }

    /** The scores with what is kept for their row. */
    SampleScores with(SampleScores scores) {
        OpenModel model = models.get(scores.getModelId());
        ComputedRow kept = model.getComputed() ? store.get(key(model, scores.getSampleId())) : null;
        return kept == null
                ? scores
                : SampleScores.newBuilder(scores).setComputed(kept.getScores()).build();
    }

    private static String key(OpenModel model, String sampleId) {
        return Topics.scoreKey(model.getSpec().getDataset(), model.getSpec().getModelId(), sampleId);
    }
}
