package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.Artifact.Parent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Versions that go into a store together: the files of all of them, and once these are there, the indexes that say so. A
 * crash in between leaves files that no version refers to.
 */
final class ArtifactBatch {
    /** Files that are open to a crash together, and memory. */
    private static final int MAX_VERSIONS = 64;

    private static final long MAX_BYTES = 8L << 20;

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, byte[]> indexes = new LinkedHashMap<>();
    private final List<VersionArtifact> announcements = new ArrayList<>();
    private final Map<String, Parent> newest = new HashMap<>();
    private long bytes;

    /**
     * Adds a version.
     *
     * @param written whether the store has it already: it is announced, no more
     */
    void add(ModelVersion version, Artifact artifact, boolean written, VersionArtifact announcement)
            throws IOException {
        if (!written) {
            put(version, artifact);
        }
        bytes += announcement.getBytes() + announcement.getDeltaBytes();
        announcements.add(announcement);
        newest.put(version.getModelId(), new Parent(artifact.name(), version.getDigest(), artifact.weights()));
    }

    private void put(ModelVersion version, Artifact artifact) throws IOException {
        String model = version.getModelId();
        files.put(ArtifactKeys.file(model, artifact.name(), VersionFiles.WEIGHTS), artifact.weights());
        if (artifact.delta() != null) {
            files.put(ArtifactKeys.file(model, artifact.name(), Artifact.DELTA), artifact.delta());
        }
        files.put(ArtifactKeys.file(model, artifact.name(), VersionFiles.MANIFEST), artifact.manifest());
        var index = JsonNodeFactory.instance
                .objectNode()
                .put("artifact", artifact.name())
                .put("digest", version.getDigest())
                .put("created_at", version.getCreatedAt());
        indexes.put(ArtifactKeys.index(model, version.getVersion()), VersionFiles.bytes(index));
    }

    boolean isFull() {
        return announcements.size() >= MAX_VERSIONS || bytes >= MAX_BYTES;
    }

    /** Writes all; nothing if that was done before. */
    void writeTo(ArtifactStore store) throws IOException {
        if (!files.isEmpty()) {
            store.putAll(files);
            store.putAll(indexes);
        }
    }

    /** What to announce once all is written, in the order added. */
    List<VersionArtifact> announcements() {
        return announcements;
    }

    /** The last version of each model. */
    Map<String, Parent> newest() {
        return newest;
    }
}
