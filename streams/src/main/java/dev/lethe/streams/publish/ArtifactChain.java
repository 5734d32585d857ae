package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Checks the chain of a model's artifacts by computing every digest again. */
public final class ArtifactChain {
    private final ArtifactReader reader;
    private final String model;
    private final List<Finding> findings = new ArrayList<>();

    private ArtifactChain(ArtifactStore store, String model) {
        this.reader = new ArtifactReader(store);
        this.model = model;
    }

    /**
     * What was found of one version.
     *
     * @param version its number
     * @param problem what does not fit; null: everything does
     */
    public record Finding(long version, String problem) {}

    /** A checked version: its name, the digest of its weights, and the file itself. */
    private record Link(String artifact, String digest, byte[] weights) {}

    /**
     * Looks at every version in the store, the oldest first. A version whose parent is not in the store is checked by
     * itself.
     *
     * @throws IOException if the store does not answer
     */
    public static List<Finding> verify(ArtifactStore store, String model) throws IOException {
        ArtifactChain chain = new ArtifactChain(store, model);
        Link before = null;
        long last = 0;
        for (long version : chain.reader.versions(model)) {
            before = chain.check(version, version == last + 1 ? before : null);
            last = version;
        }
        return chain.findings;
    }

    private Link check(long version, Link before) {
        try {
            Link link = link(version, before);
            findings.add(new Finding(version, null));
            return link;
        } catch (IOException | FileFormatException e) {
            findings.add(new Finding(version, e.getMessage()));
            return null;
        }
    }

    private Link link(long version, Link before) throws IOException {
        ArtifactReader.Entry entry =
                reader.entry(model, version).orElseThrow(() -> new IOException("its index has gone"));
        JsonNode manifest = reader.manifest(model, entry.artifact());
        require("model", model, manifest.path("model").asText());
        require("version", String.valueOf(version), manifest.path("version").asText());
        require("digest", entry.digest(), manifest.path("digest").asText());
        require(
                "files." + VersionFiles.WEIGHTS,
                entry.digest(),
                manifest.path("files").path(VersionFiles.WEIGHTS).path("sha256").asText());
        long bytes =
                manifest.path("files").path(VersionFiles.WEIGHTS).path("bytes").asLong();
        byte[] weights = reader.weights(model, entry.artifact(), entry.digest(), bytes);
        // Networks of earlier releases have none.
        if (!manifest.path("graph").isNull()) {
            reader.graph(model, manifest);
        }
        Link link = new Link(entry.artifact(), entry.digest(), weights);
        if (before != null) {
            checkParent(manifest, link, before);
        }
        return link;
    }

    private void checkParent(JsonNode manifest, Link link, Link before) throws IOException {
        require("parent", before.digest, manifest.path("parent").asText());
        if (manifest.path("parent_artifact").isNull()) {
            return;
        }
        require(
                "parent_artifact",
                before.artifact,
                manifest.path("parent_artifact").asText());
        byte[] made = reader.fromDelta(model, link.artifact, before.weights, before.digest, link.digest);
        if (!Arrays.equals(made, link.weights)) {
            throw new IOException("delta: expected " + link.digest + ", came to " + ModelWeights.digest(made));
        }
    }

    private static void require(String key, String expected, String got) throws IOException {
        if (!expected.equals(got)) {
            throw new IOException("manifest: " + key + ": expected " + expected + ", got " + got);
        }
    }
}
