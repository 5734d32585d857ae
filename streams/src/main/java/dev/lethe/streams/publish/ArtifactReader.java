package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.format.WeightsDelta;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads a store and believes nothing: what it returns has the digest that was asked for. */
public final class ArtifactReader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MAX_MANIFEST_BYTES = 16 << 20;

    /** What a Java array can hold; a manifest says less. */
    private static final long MAX_FILE_BYTES = Integer.MAX_VALUE - 16;

    private final ArtifactStore store;

    public ArtifactReader(ArtifactStore store) {
        this.store = store;
    }

    /**
     * Which artifact a version is.
     *
     * @param artifact its name
     * @param digest SHA-256 of its weights
     * @param createdAt when the version was made
     */
    public record Entry(String artifact, String digest, Instant createdAt) {}

    /** The versions of a model that are in the store, ascending. */
    public List<Long> versions(String model) throws IOException {
        return store.list(ArtifactKeys.indexes(model)).stream()
                .map(key -> key.substring(key.lastIndexOf('/') + 1).replace(".json", ""))
                .map(Long::valueOf)
                .toList();
    }

    /** The newest version in the store. */
    public OptionalLong newest(String model) throws IOException {
        return versions(model).stream().mapToLong(Long::longValue).max();
    }

    /** Where a version is; empty if it is not in the store. */
    public Optional<Entry> entry(String model, long version) throws IOException {
        Optional<byte[]> index = store.get(ArtifactKeys.index(model, version), MAX_MANIFEST_BYTES);
        if (index.isEmpty()) {
            return Optional.empty();
        }
        JsonNode json = JSON.readTree(index.get());
        if (!json.path("artifact").isTextual() || !json.path("digest").isTextual()) {
            throw new IOException("index of model " + model + " version " + version + " in " + store.location()
                    + ": expected artifact and digest; it is damaged");
        }
        return Optional.of(new Entry(
                json.path("artifact").textValue(),
                json.path("digest").textValue(),
                Instant.ofEpochMilli(json.path("created_at").asLong())));
    }

    /** The manifest of an artifact, whose digest is the artifact's name. */
    public JsonNode manifest(String model, String artifact) throws IOException {
        byte[] content = file(model, artifact, VersionFiles.MANIFEST, MAX_MANIFEST_BYTES);
        require(model, artifact, VersionFiles.MANIFEST, artifact, content);
        return JSON.readTree(content);
    }

    /** The weights file of an artifact. */
    public byte[] weights(String model, String artifact, String digest) throws IOException {
        byte[] content = file(model, artifact, VersionFiles.WEIGHTS, MAX_FILE_BYTES);
        require(model, artifact, VersionFiles.WEIGHTS, digest, content);
        return content;
    }

    /** The weights that the artifact's delta makes of its parent's. */
    public byte[] fromDelta(String model, String artifact, byte[] base, String baseDigest, String digest)
            throws IOException {
        byte[] delta = file(model, artifact, Artifact.DELTA, base.length + MAX_MANIFEST_BYTES);
        return WeightsDelta.apply(base, baseDigest, delta, digest);
    }

    /** The ONNX model of a manifest. */
    public byte[] graph(String model, JsonNode manifest) throws IOException {
        String digest = manifest.path("graph").path("sha256").asText();
        String key = ArtifactKeys.graph(model, digest);
        byte[] content = store.get(key, MAX_FILE_BYTES)
                .orElseThrow(() -> new IOException("file " + key + " is not in " + store.location()));
        require(model, digest, Artifact.GRAPH, digest, content);
        return content;
    }

    private byte[] file(String model, String artifact, String name, long max) throws IOException {
        String key = ArtifactKeys.file(model, artifact, name);
        return store.get(key, max).orElseThrow(() -> new IOException("file " + key + " is not in " + store.location()));
    }

    private void require(String model, String artifact, String name, String digest, byte[] content) throws IOException {
        String got = ModelWeights.digest(content);
        if (!got.equals(digest)) {
            throw new IOException("file " + ArtifactKeys.file(model, artifact, name) + " in " + store.location()
                    + ": expected digest " + digest + ", got " + got + " (" + content.length
                    + " bytes); it is damaged or was exchanged");
        }
    }
}
