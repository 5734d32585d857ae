package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.Artifact.Parent;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts versions into a store: files first, the manifest after them, the index last. Doing a version again does nothing
 * new. One thread.
 */
final class ArtifactWriter {
    /** Newest weights that are kept for the next delta. */
    private static final int KEPT = 64;
    /** Far above the largest model that is served. */
    private static final long MAX_WEIGHTS_BYTES = 1L << 28;

    private final ArtifactStore store;
    private final ArtifactReader reader;
    private final String requestTopic;
    /** By model, whose definition never changes; each is in the store. */
    private final Map<String, byte[]> graphs = new HashMap<>();

    private final Map<String, Parent> newest = new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Parent> eldest) {
            return size() > KEPT;
        }
    };

    ArtifactWriter(ArtifactStore store, String requestTopic) {
        this.store = store;
        this.reader = new ArtifactReader(store);
        this.requestTopic = requestTopic;
    }

    /**
     * Writes a version.
     *
     * @return what to announce
     * @throws IllegalStateException if the digest is not that of the parameters: no file is written
     */
    VersionArtifact write(ModelVersion version, ModelSpec spec) throws IOException {
        byte[] weights = weights(version, spec);
        String digest = ModelWeights.digest(weights);
        if (!digest.equals(version.getDigest())) {
            throw new IllegalStateException("model " + version.getModelId() + " version " + version.getVersion()
                    + ": expected digest " + version.getDigest() + ", got " + digest + "; the record is damaged");
        }
        Artifact artifact = Artifact.of(version, spec, requestTopic, weights, graph(spec), parent(version));
        if (!isWritten(version, artifact)) {
            put(version, artifact);
        }
        newest.put(version.getModelId(), new Parent(artifact.name(), digest, weights));
        return announcement(version, artifact);
    }

    private byte[] weights(ModelVersion version, ModelSpec spec) throws IOException {
        return version.getWeights() == null
                ? VersionFiles.weights(spec, Doubles.toArray(version.getTheta()))
                : reader.referred(version.getModelId(), version.getWeights(), version.getDigest(), MAX_WEIGHTS_BYTES);
    }

    private boolean isWritten(ModelVersion version, Artifact artifact) throws IOException {
        return reader.entry(version.getModelId(), version.getVersion())
                .filter(e -> e.artifact().equals(artifact.name()))
                .isPresent();
    }

    private Parent parent(ModelVersion version) throws IOException {
        String digest = version.getParentDigest();
        if (digest == null) {
            return null;
        }
        Parent kept = newest.get(version.getModelId());
        if (kept != null && kept.digest().equals(digest)) {
            return kept;
        }
        return stored(version.getModelId(), version.getVersion() - 1)
                .filter(p -> p.digest().equals(digest))
                .orElse(null);
    }

    /** A parent that is missing or damaged costs the delta, nothing else. */
    private Optional<Parent> stored(String model, long version) throws IOException {
        Optional<ArtifactReader.Entry> entry = reader.entry(model, version);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        String name = entry.get().artifact();
        String digest = entry.get().digest();
        return store.get(ArtifactKeys.file(model, name, VersionFiles.WEIGHTS), Integer.MAX_VALUE)
                .filter(weights -> ModelWeights.digest(weights).equals(digest))
                .map(weights -> new Parent(name, digest, weights));
    }

    private void put(ModelVersion version, Artifact artifact) throws IOException {
        String model = version.getModelId();
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put(ArtifactKeys.file(model, artifact.name(), VersionFiles.WEIGHTS), artifact.weights());
        if (artifact.delta() != null) {
            files.put(ArtifactKeys.file(model, artifact.name(), Artifact.DELTA), artifact.delta());
        }
        files.put(ArtifactKeys.file(model, artifact.name(), VersionFiles.MANIFEST), artifact.manifest());
        store.putAll(files);
        var index = JsonNodeFactory.instance
                .objectNode()
                .put("artifact", artifact.name())
                .put("digest", version.getDigest())
                .put("created_at", version.getCreatedAt());
        store.put(ArtifactKeys.index(model, version.getVersion()), VersionFiles.bytes(index));
    }

    private byte[] graph(ModelSpec spec) throws IOException {
        byte[] known = graphs.get(spec.getModelId());
        if (known != null) {
            return known;
        }
        byte[] graph = Artifact.graph(spec);
        store.put(ArtifactKeys.graph(spec.getModelId(), ModelWeights.digest(graph)), graph);
        graphs.put(spec.getModelId(), graph);
        return graph;
    }

    private VersionArtifact announcement(ModelVersion version, Artifact artifact) {
        return VersionArtifact.newBuilder()
                .setModelId(version.getModelId())
                .setVersion(version.getVersion())
                .setDigest(version.getDigest())
                .setParentDigest(artifact.delta() == null ? null : version.getParentDigest())
                .setArtifact(artifact.name())
                .setBytes(artifact.weights().length)
                .setDeltaBytes(artifact.delta() == null ? 0 : artifact.delta().length)
                .setStore(store.location())
                .setCreatedAt(version.getCreatedAt())
                .build();
    }
}
