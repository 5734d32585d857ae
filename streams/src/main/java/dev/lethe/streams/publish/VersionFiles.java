package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.network.NetworkWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/** A version as files: {@code weights.safetensors} and {@code manifest.json}. */
public final class VersionFiles {
    /** Name of the weights file. */
    public static final String WEIGHTS = "weights.safetensors";
    /** Name of the manifest. */
    public static final String MANIFEST = "manifest.json";

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private VersionFiles() {}

    /**
     * The weights file: of the parameters alone, so that equal parameters of a model have one digest.
     *
     * @param theta K × d row-major, the constant last; a network's in the order of its layers. Not modified.
     */
    public static byte[] weights(ModelSpec spec, double[] theta) {
        return NetworkSpecs.isNetwork(spec)
                ? NetworkWeights.toSafeTensors(NetworkSpecs.architecture(spec), theta, Map.of())
                : ModelWeights.toSafeTensors(Specs.objective(spec), theta, Map.of());
    }

    /** What {@link ModelVersion#getDigest()} has to be: SHA-256 of the weights file. */
    public static String digest(ModelSpec spec, double[] theta) {
        return ModelWeights.digest(weights(spec, theta));
    }

    /** The manifest of a version. Statements that do not exist for it are null, not left out. */
    public static ObjectNode manifest(ModelVersion version, ModelSpec spec) {
        ObjectNode json = JSON.createObjectNode();
        json.put("model", version.getModelId()).put("dataset", version.getDataset());
        json.put("version", version.getVersion());
        json.put("parent", version.getParentDigest());
        json.put("digest", version.getDigest());
        json.put("kind", EvidenceJson.kind(version.getKind(), version.getEvidence()));
        json.put("residual_bound", version.getResidualBound());
        json.put("residual_measured", version.getResidualMeasured());
        json.put("distance_bound", version.getDistanceBound());
        json.put("local_distance", version.getLocalDistance());
        version.getReliedOn().forEach(json.putArray("relied_on")::add);
        json.put("learned_from", learnedFrom(spec));
        if (spec.getTransform() != null && spec.getTransform().getExtractorFile() != null) {
            json.put("extractor_sha256", spec.getTransform().getExtractorSha256());
        }
        json.put("rows", version.getRows()).put("rows_refused", version.getRowsRefused());
        json.put("changes_since_anchor", version.getChangesSinceAnchor());
        json.put("method", version.getMethod());
        json.put("factor", version.getFactorDigest());
        json.put("reason_code", version.getReasonCode()).put("reason", version.getReason());
        json.set("validation", MetricsJson.of(version.getValidation()));
        json.put("candidate", version.getCandidate()).put("candidate_reason", version.getCandidateReason());
        json.set("privacy", PrivacyJson.of(version.getPrivacy()));
        if (version.getEvidence() != null) {
            json.set("evidence", EvidenceJson.of(version.getEvidence()));
        }
        putModel(json, spec);
        json.put("software", version.getSoftware()).put("platform", version.getPlatform());
        json.put("created_at", Instant.ofEpochMilli(version.getCreatedAt()).toString());
        return json;
    }

    /**
     * Writes both files, the manifest last: where it stands, the version is complete.
     *
     * @param folder made where it is missing
     * @throws IllegalStateException if the version's digest is not that of its parameters
     */
    public static void write(Path folder, ModelVersion version, ModelSpec spec) throws IOException {
        if (version.getWeights() != null) {
            throw new LetheException("model " + version.getModelId() + " version " + version.getVersion()
                    + ": its parameters are too large for a record; take them from the artifact store, "
                    + version.getWeights());
        }
        byte[] weights = weights(spec, Doubles.toArray(version.getTheta()));
        String digest = ModelWeights.digest(weights);
        if (!digest.equals(version.getDigest())) {
            throw new IllegalStateException("model " + version.getModelId() + " version " + version.getVersion()
                    + ": expected digest " + version.getDigest() + ", got " + digest
                    + "; the parameters are damaged, export another version");
        }
        AtomicFiles.write(folder.resolve(WEIGHTS), weights);
        AtomicFiles.write(folder.resolve(MANIFEST), bytes(manifest(version, spec)));
    }

    /** Readable JSON with a line break at the end. */
    public static byte[] bytes(ObjectNode json) throws IOException {
        return (JSON.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** What the parameters mean; without it the weights could not be used. @param json Modified. */
    public static void putModel(ObjectNode json, ModelSpec spec) {
        json.put("family", Specs.family(spec));
        spec.getClasses().forEach(json.putArray("classes")::add);
        json.put("features", spec.getFeatures());
        json.put("intercept", word(spec.getIntercept()));
        json.put("l2", spec.getL2());
        if (NetworkSpecs.isNetwork(spec)) {
            json.set("network", NetworkJson.of(spec.getNetwork()));
        }
    }

    private static String learnedFrom(ModelSpec spec) {
        return word(
                spec.getTransform() == null
                        ? LearnedFrom.NONE
                        : spec.getTransform().getLearnedFrom());
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
