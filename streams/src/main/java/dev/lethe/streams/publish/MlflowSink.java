package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Registers versions in MLflow. A version is found again by its tag {@code lethe.id}, so one that comes twice is
 * registered once. The alias {@code unlearned-candidate} is the newest version, {@code champion} the champion.
 */
final class MlflowSink implements VersionSink {
    private static final String VERSION = "lethe.version";
    /** Model and version: what a version is found again by. */
    private static final String ID = "lethe.id";

    private static final String CANDIDATE = "unlearned-candidate";
    private static final String CHAMPION = "champion";
    /** A champion that is older may have left the topic of versions before there was an MLflow. */
    private static final Duration LEFT_TO_THE_OTHER = Duration.ofHours(1);

    /** What the records of a topic are. */
    enum Of {
        /** Every version, in order. */
        VERSIONS,
        /** Champions that are not simply the newest version. */
        CHAMPIONS
    }

    private final MlflowClient mlflow;
    private final Of of;
    private final Optional<String> store;
    private final Set<String> registered = new HashSet<>();

    /** @param store address of the artifact store, if there is one */
    MlflowSink(MlflowClient mlflow, Of of, Optional<String> store) {
        this.mlflow = mlflow;
        this.of = of;
        this.store = store;
    }

    @Override
    public String name() {
        return of == Of.VERSIONS ? "mlflow" : "mlflow-champions";
    }

    @Override
    public void accept(ModelVersion version, ModelSpec spec) throws IOException {
        String model = version.getModelId();
        String number = registered(version, spec);
        if (of == Of.CHAMPIONS) {
            mlflow.setAlias(model, CHAMPION, number);
            return;
        }
        mlflow.setAlias(model, CANDIDATE, number);
        if (spec.getPromote() == null && !version.getCandidate()) {
            mlflow.setAlias(model, CHAMPION, number);
        }
    }

    /** The newest version is the champion again. */
    @Override
    public void tombstone(String model) throws IOException {
        Optional<String> newest = mlflow.alias(model, CANDIDATE);
        if (newest.isPresent()) {
            mlflow.setAlias(model, CHAMPION, newest.get());
        }
    }

    private String registered(ModelVersion version, ModelSpec spec) throws IOException {
        String model = version.getModelId();
        if (!registered.contains(model)) {
            mlflow.createModel(model(spec));
            registered.add(model);
        }
        try {
            Optional<String> known = mlflow.version(ID, id(version));
            return known.isPresent() ? known.get() : create(version);
        } catch (IOException e) {
            // Somebody may have removed the model there: the next try makes it again.
            registered.remove(model);
            throw e;
        }
    }

    /** Two that look and then make the same would make it twice: who follows the champions leaves it to the other. */
    private String create(ModelVersion version) throws IOException {
        Instant made = Instant.ofEpochMilli(version.getCreatedAt());
        if (of == Of.CHAMPIONS && made.isAfter(Instant.now().minus(LEFT_TO_THE_OTHER))) {
            throw new IOException("version " + version.getVersion() + " of model " + version.getModelId()
                    + " is not registered in MLflow yet: its alias waits for that");
        }
        return mlflow.createVersion(version(version));
    }

    private static String id(ModelVersion version) {
        return version.getModelId() + "/" + version.getVersion();
    }

    private static ObjectNode model(ModelSpec spec) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", spec.getModelId());
        json.put("description", "Kept in step with dataset " + spec.getDataset() + " by Lethe.");
        ArrayNode tags = json.putArray("tags");
        tag(tags, "lethe.dataset", spec.getDataset());
        tag(tags, "lethe.family", spec.getFamily().name());
        return json;
    }

    private ObjectNode version(ModelVersion version) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", version.getModelId());
        json.put("source", source(version));
        json.put("description", version.getMethod());
        ArrayNode tags = json.putArray("tags");
        tag(tags, ID, id(version));
        tag(tags, VERSION, version.getVersion());
        tag(tags, "lethe.digest", version.getDigest());
        tag(tags, "lethe.parent", version.getParentDigest());
        tag(tags, "lethe.kind", version.getKind().name());
        tag(tags, "lethe.rows", version.getRows());
        tag(tags, "lethe.requests", version.getRequests());
        tag(tags, "lethe.residual_bound", version.getResidualBound());
        tag(tags, "lethe.residual_measured", version.getResidualMeasured());
        tag(tags, "lethe.distance_bound", version.getDistanceBound());
        tag(tags, "lethe.candidate_reason", version.getCandidateReason());
        if (version.getValidation() != null) {
            tag(tags, "lethe.validation_rows", version.getValidation().getRows());
            tag(tags, "lethe.validation_loss", version.getValidation().getLoss());
            tag(tags, "lethe.validation_accuracy", version.getValidation().getAccuracy());
        }
        return json;
    }

    /** MLflow refuses paths of a machine: a store in a folder is named by a scheme of its own. */
    private String source(ModelVersion version) {
        String under = version.getModelId() + "/versions/" + version.getVersion();
        return store.filter(address -> address.startsWith(S3Store.SCHEME))
                .map(address -> address.replaceAll("/+$", "") + "/" + under)
                .orElse("lethe://" + under);
    }

    private static void tag(ArrayNode tags, String key, Object value) {
        if (value != null) {
            tags.addObject().put("key", key).put("value", value.toString());
        }
    }

    @Override
    public void close() {
        // The client holds no connection that has to be given back.
    }
}
