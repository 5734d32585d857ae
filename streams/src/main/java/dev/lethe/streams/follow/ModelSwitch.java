package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.SpecViolation;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.objective.RowMapper;
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

    private static final int MAX_HEADER_BYTES = 1 << 16;

    private final ModelSpec spec;
    private final RowMapper mapper;
    private final boolean mayGoBack;
    private volatile ServedModel current;

    /**
     * Opens the model's extractor, if it has one.
     *
     * @param mayGoBack whether an older version may take the place of a newer one
     * @throws SpecViolation if the extractor is not there
     */
    ModelSwitch(ModelSpec spec, boolean mayGoBack) {
        this.spec = spec;
        this.mapper = Specs.mapper(spec);
        this.mayGoBack = mayGoBack;
    }

    Optional<ServedModel> current() {
        return Optional.ofNullable(current);
    }

    /** Whether a version takes the place of the served one. */
    boolean isNews(long version) {
        ServedModel served = current;
        return served == null || version > served.version() || mayGoBack && version < served.version();
    }

    /**
     * Serves a version, wherever its parameters are.
     *
     * @param store null: there is none
     * @throws IOException if they cannot be had undamaged; the served version stays
     */
    void accept(Target target, ArtifactReader store) throws IOException {
        if (target instanceof Target.Inline inline) {
            accept(inline.record());
        } else if (target instanceof Target.Stored stored) {
            accept(stored.announced(), store);
        } else if (target instanceof Target.Numbered numbered && isNews(numbered.version())) {
            accept(numbered, store);
        }
    }

    private void accept(Target.Numbered numbered, ArtifactReader store) throws IOException {
        String model = spec.getModelId();
        ArtifactReader.Entry entry = store.entry(model, numbered.version())
                .filter(e -> e.digest().equals(numbered.digest()))
                .orElseThrow(() -> new IOException("model " + model + " version " + numbered.version()
                        + " is not in the store, or with another digest"));
        byte[] weights = store.weights(model, entry.artifact(), entry.digest(), maxBytes());
        serve(numbered.version(), entry.digest(), entry.createdAt().toEpochMilli(), weights);
    }

    /**
     * Serves a version that came with its parameters.
     *
     * @throws IOException if its digest is not that of the parameters; the served version stays
     */
    void accept(ModelVersion version) throws IOException {
        if (isNews(version.getVersion())) {
            if (version.getWeights() != null) {
                throw new IOException("model " + spec.getModelId() + " version " + version.getVersion()
                        + ": its parameters are too large for a record: follow the model with its artifact store");
            }
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
                weights = reader.weights(version.getModelId(), version.getArtifact(), version.getDigest(), maxBytes());
            }
            serve(version.getVersion(), version.getDigest(), version.getCreatedAt(), weights);
        }
    }

    /** A weights file is its parameters and a header. */
    private long maxBytes() {
        int parameters = NetworkSpecs.isNetwork(spec)
                ? NetworkSpecs.architecture(spec).parameters()
                : mapper.objective().parameters();
        return (long) parameters * Double.BYTES + MAX_HEADER_BYTES;
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
            current = new ServedModel(spec, mapper, version, digest, Instant.ofEpochMilli(createdAt), weights);
        } catch (FileFormatException e) {
            throw new IOException(
                    "model " + spec.getModelId() + " version " + version + " does not fit its definition: "
                            + e.getMessage(),
                    e);
        }
    }
}
