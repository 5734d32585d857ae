package dev.lethe.streams.topology;

import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.StoredSample;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.streams.KeyValue;

/**
 * Sends a new model the validation rows that are there already, a moment at a time. A row is read when it is sent, and a
 * change behind it follows on the same topic, so the model ends with what the store holds. After a restart it begins again:
 * a row that comes twice replaces itself.
 */
final class ValidationRows {
    private final ShardStores rows;
    private final OpenModels models;
    private final ShardOutput output;
    /** Models that have not been sent theirs. */
    private final Deque<String> open = new ArrayDeque<>();
    /** Last sample that was looked at for the first of them; null: none. */
    private String after;

    ValidationRows(ShardStores rows, OpenModels models, ShardOutput output) {
        this.rows = rows;
        this.models = models;
        this.output = output;
    }

    /** Takes up every model that waits. */
    void resume() {
        for (OpenModel model : models.all()) {
            String id = model.getSpec().getModelId();
            boolean waits = model.getSpec().getValidation() != null && !model.getValidationSent();
            if (waits && !open.contains(id)) {
                open.add(id);
            }
        }
    }

    boolean sending() {
        return !open.isEmpty();
    }

    /** @param end in nanoseconds: where to stop for now */
    void send(long end) {
        while (!open.isEmpty() && System.nanoTime() < end) {
            OpenModel model = models.get(open.peek());
            if (scan(model, end)) {
                output.validationDone(model);
                models.put(OpenModel.newBuilder(model).setValidationSent(true).build());
                open.remove();
                after = null;
            }
        }
    }

    /** Returns whether the last row was reached. */
    private boolean scan(OpenModel model, long end) {
        String dataset = model.getSpec().getDataset();
        try (var all = rows.rowsOf(dataset, after)) {
            while (all.hasNext()) {
                if (System.nanoTime() > end) {
                    return false;
                }
                KeyValue<String, StoredSample> next = all.next();
                after = next.key.substring(dataset.length() + 1);
                output.validation(model, after, next.value);
            }
        }
        return true;
    }
}
