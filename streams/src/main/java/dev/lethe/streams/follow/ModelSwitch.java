package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where the served version changes. One thread brings versions, any number of threads read: a read is the
 * read of one reference, and never waits.
 */
final class ModelSwitch {
    private static final Logger log = LoggerFactory.getLogger(ModelSwitch.class);

    private final ModelSpec spec;
    private volatile ServedModel current;

    ModelSwitch(ModelSpec spec) {
        this.spec = spec;
    }

    Optional<ServedModel> current() {
        return Optional.ofNullable(current);
    }

    /** Whether a version is newer than the served one. */
    boolean isNews(long version) {
        ServedModel served = current;
        return served == null || version > served.version();
    }

    /**
     * Serves a version that came with its parameters.
     *
     * @throws IOException if its digest is not that of the parameters; the served version stays
     */
    void accept(ModelVersion version) throws IOException {
        if (isNews(version.getVersion())) {
            byte[] weights = VersionFiles.weights(spec, Doubles.toArray(version.getTheta()));
            serve(version.getVersion(), version.getDigest(), version.getCreatedAt(), weights);
        }
    }

    /**
     * Serves a version out of a store: by its delta where the served version is its parent, else, or where the delta is
     * damaged or missing, by its whole weights.
     *
     * @throws IOException if neither can be had undamaged; the served version stays
     */
    void accept(VersionArtifact version, ArtifactReader reader) throws IOException {
        if (isNews(version.getVersion())) {
            byte[] weights = byDelta(version, reader).orElse(null);
            if (weights == null) {
                weights = reader.weights(version.getModelId(), version.getArtifact(), version.getDigest());
            }
            serve(version.getVersion(), version.getDigest(), version.getCreatedAt(), weights);
        }
    }

    private Optional<byte[]> byDelta(VersionArtifact version, ArtifactReader reader) {
        ServedModel base = current;
        if (base == null || !base.digest().equals(version.getParentDigest())) {
            return Optional.empty();
        }
        try {
            return Optional.of(reader.fromDelta(
                    version.getModelId(), version.getArtifact(), base.weights(), base.digest(), version.getDigest()));
        } catch (IOException | FileFormatException e) {
            log.atWarn()
                    .addKeyValue("model", version.getModelId())
                    .addKeyValue("version", version.getVersion())
                    .log("delta not usable, taking the whole weights: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private void serve(long version, String digest, long createdAt, byte[] weights) throws IOException {
        String got = ModelWeights.digest(weights);
        if (!got.equals(digest)) {
            throw new IOException("model " + spec.getModelId() + " version " + version + ": expected digest " + digest
                    + ", got " + got + "; it is damaged");
        }
        try {
            current = new ServedModel(spec, version, digest, Instant.ofEpochMilli(createdAt), weights);
        } catch (FileFormatException e) {
            throw new IOException(
                    "model " + spec.getModelId() + " version " + version + " does not fit its definition: "
                            + e.getMessage(),
                    e);
        }
    }
}
