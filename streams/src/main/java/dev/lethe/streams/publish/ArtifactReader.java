package dev.lethe.streams.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.format.WeightsDelta;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a store and believes nothing: what it returns has the digest that was asked for. */
public final class ArtifactReader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MAX_MANIFEST_BYTES = 16 << 20;
    /** As {@link ArtifactKeys#index} names them; 19 digits of which the first is 9 may be more than a long. */
    private static final Pattern INDEX = Pattern.compile("([0-8][0-9]{18})\\.json");

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

    /** The versions of a model that are in the store, ascending. What else lies there is passed over. */
    public List<Long> versions(String model) throws IOException {
        return store.list(ArtifactKeys.indexes(model)).stream()
                .map(key -> INDEX.matcher(key.substring(key.lastIndexOf('/') + 1)))
                .filter(Matcher::matches)
                .map(name -> Long.valueOf(name.group(1)))
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
        JsonNode json = index(index.get());
        if (!json.path("artifact").isTextual() || !json.path("digest").isTextual()) {
            throw new IOException("index of model " + model + " version " + version + " in " + store.location()
                    + ": expected artifact and digest; it is damaged");
        }
        return Optional.of(new Entry(
                json.path("artifact").textValue(),
                json.path("digest").textValue(),
                Instant.ofEpochMilli(json.path("created_at").asLong())));
    }

    private static JsonNode index(byte[] content) throws IOException {
        try {
            return JSON.readTree(content);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /** The manifest of an artifact, whose digest is the artifact's name. */
    public JsonNode manifest(String model, String artifact) throws IOException {
        byte[] content = file(model, artifact, VersionFiles.MANIFEST, MAX_MANIFEST_BYTES);
        require(model, artifact, VersionFiles.MANIFEST, artifact, content);
        return JSON.readTree(content);
    }

    /**
     * The weights file of an artifact.
     *
     * @param maxBytes a larger one is not read: it cannot be what was asked for
     */
    public byte[] weights(String model, String artifact, String digest, long maxBytes) throws IOException {
        byte[] content = file(model, artifact, VersionFiles.WEIGHTS, maxBytes);
        require(model, artifact, VersionFiles.WEIGHTS, digest, content);
        return content;
    }

    /** The weights file that a version's record refers to. */
    byte[] referred(String model, String reference, String digest, long maxBytes) throws IOException {
        byte[] content = store.get(reference, maxBytes)
                .orElseThrow(() -> new IOException("file " + reference + " is not in " + store.location()));
        require(model, digest, reference, digest, content);
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
        byte[] content = store.get(key, manifest.path("graph").path("bytes").asLong(MAX_MANIFEST_BYTES))
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
