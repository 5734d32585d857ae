package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.Artifact.Parent;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts versions into a store, several at a time: the files of all of them, then their indexes. Doing a version again does
 * nothing new. One thread.
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

    private ArtifactBatch batch = new ArtifactBatch();
    /** Whether a name that can be seen in the store is known to survive a crash: not one from a call that was cut off. */
    private boolean certain;

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
     * Takes a version, which {@link #flush} will write.
     *
     * @throws IllegalStateException if the digest is not that of the parameters: nothing of it will be written
     */
    void add(ModelVersion version, ModelSpec spec) throws IOException {
        byte[] weights = weights(version, spec);
        String digest = ModelWeights.digest(weights);
        if (!digest.equals(version.getDigest())) {
            throw new IllegalStateException("model " + version.getModelId() + " version " + version.getVersion()
                    + ": expected digest " + version.getDigest() + ", got " + digest + "; the record is damaged");
        }
        Artifact artifact = Artifact.of(version, spec, requestTopic, weights, graph(spec), parent(version));
        batch.add(version, artifact, certain && isWritten(version, artifact), announcement(version, artifact));
    }

    /** Whether enough was taken for one {@link #flush}. */
    boolean isFull() {
        return batch.isFull();
    }

    /**
     * Writes what was taken since the last call. If that fails all of it is to be given again.
     *
     * @return what to announce, in the order taken
     */
    List<VersionArtifact> flush() throws IOException {
        ArtifactBatch taken = batch;
        batch = new ArtifactBatch();
        certain = false;
        taken.writeTo(store);
        certain = true;
        newest.putAll(taken.newest());
        return taken.announcements();
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
        Parent kept = batch.newest().getOrDefault(version.getModelId(), newest.get(version.getModelId()));
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
