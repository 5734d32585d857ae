package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.objective.Mapping;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Mapping.Misfit;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.validation.Holdout;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.state.KeyValueStore;

/** The models that a shard knows, and what a row means to each of them. */
final class OpenModels {
    private final KeyValueStore<String, OpenModel> store;
    private final Map<String, RowMapper> mappers = new HashMap<>();
    private final Map<String, Holdout> holdouts = new HashMap<>();
    private final Map<String, OpenModel> models = new HashMap<>();
    /** The same by dataset: asked for at each row. */
    private final Map<String, List<OpenModel>> byDataset = new HashMap<>();

    OpenModels(KeyValueStore<String, OpenModel> store) {
        this.store = store;
        try (var all = store.all()) {
            all.forEachRemaining(entry -> remember(entry.value));
        }
    }

    private void remember(OpenModel model) {
        String id = model.getSpec().getModelId();
        models.put(id, model);
        String dataset = model.getSpec().getDataset();
        byDataset.put(
                dataset,
                models.values().stream()
                        .filter(m -> m.getSpec().getDataset().equals(dataset))
                        .toList());
        mappers.computeIfAbsent(id, key -> ModelRules.mapper(model.getSpec()));
    }

    void put(OpenModel model) {
        store.put(model.getSpec().getModelId(), model);
        remember(model);
    }

    OpenModel get(String modelId) {
        return models.get(modelId);
    }

    Collection<OpenModel> all() {
        return List.copyOf(models.values());
    }

    List<OpenModel> of(String dataset) {
        return byDataset.getOrDefault(dataset, List.of());
    }

    RowMapper mapper(ModelSpec spec) {
        return mappers.get(spec.getModelId());
    }

    boolean fits(OpenModel model, StoredSample row) {
        return row != null && map(model, row) instanceof Fits;
    }

    /** Why no model of the dataset can take the row; empty if one can, or if there is no model yet. */
    Optional<Misfit> refusal(String dataset, StoredSample row) {
        Misfit last = null;
        for (OpenModel model : of(dataset)) {
            if (map(model, row) instanceof Misfit misfit) {
                last = misfit;
            } else {
                return Optional.empty();
            }
        }
        return Optional.ofNullable(last);
    }

    /**
     * A change of one sample as a model sees it.
     *
     * @param validationId set for a validation row: its sample id
     * @param before null: the sample is new to the model
     * @param after null: the sample leaves the model
     * @param subject keyed hash of the subject, if the model asks for it
     * @param sample key of the sample, if the model is a network
     */
    record Seen(String validationId, RowData before, RowData after, String subject, String sample) {
        /** Nothing of it. */
        static final Seen NOTHING = new Seen(null, null, null, null, null);
    }

    /** A change of one sample as a model sees it; empty if the sample is in the model neither before nor after. */
    Optional<Seen> change(OpenModel model, String sampleId, StoredSample before, StoredSample after) {
        boolean was = fits(model, before);
        boolean is = fits(model, after);
        if (!was && !is) {
            return Optional.empty();
        }
        if (holdout(model.getSpec()).contains(sampleId)) {
            return Optional.of(validation(sampleId, was ? before : null, is ? after : null));
        }
        boolean sameFeatures = was && is && before.getFeatures().equals(after.getFeatures());
        return Optional.of(new Seen(
                null,
                was ? data(before, false) : null,
                is ? data(after, sameFeatures) : null,
                subject(model, before == null ? after : before),
                sampleKey(model, sampleId)));
    }

    /** A validation row that was there before the model; empty if the sample is none. */
    Optional<Seen> validation(OpenModel model, String sampleId, StoredSample row) {
        return holdout(model.getSpec()).contains(sampleId) && fits(model, row)
                ? Optional.of(validation(sampleId, null, row))
                : Optional.empty();
    }

    private static Seen validation(String id, StoredSample before, StoredSample after) {
        return new Seen(
                id, before == null ? null : data(before, true), after == null ? null : data(after, false), null, null);
    }

    /** Which samples a model is not trained on. */
    Holdout holdout(ModelSpec spec) {
        return holdouts.computeIfAbsent(spec.getModelId(), id -> Specs.holdout(spec));
    }

    private static String subject(OpenModel model, StoredSample row) {
        if (model.getSubjectSalt() == null || row.getSubjectId() == null) {
            return null;
        }
        byte[] salt = new byte[model.getSubjectSalt().remaining()];
        model.getSubjectSalt().duplicate().get(salt);
        return new KeyedHash(salt).of("subject", row.getSubjectId());
    }

    /** A network keeps some of its rows, and has to find them again. */
    private static String sampleKey(OpenModel model, String sampleId) {
        return NetworkSpecs.isNetwork(model.getSpec())
                ? NetworkSpecs.keys(model.getSpec()).of(sampleId)
                : null;
    }

    private static RowData data(StoredSample row, boolean sameFeatures) {
        return new RowData(sameFeatures ? null : row.getFeatures(), row.getLabel(), row.getWeight());
    }

    private Mapping map(OpenModel model, StoredSample row) {
        return mapper(model.getSpec()).map(Doubles.toArray(row.getFeatures()), row.getLabel(), row.getWeight());
    }
}
