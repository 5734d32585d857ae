package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.util.Optional;

/**
 * Weights that are too large for a record: they are in the artifact store, under their digest, before the version that
 * refers to them is published. Safe for several threads.
 */
public final class LargeWeights implements AutoCloseable {
    private final ArtifactStore store;
    private final long inlineBytes;
    private volatile String problem;

    /**
     * The store is closed with this.
     *
     * @param inlineBytes up to so many bytes parameters travel in the record
     */
    public LargeWeights(ArtifactStore store, long inlineBytes) {
        this.store = store;
        this.inlineBytes = inlineBytes;
    }

    /** Whether so many parameters are too large for a record. */
    public boolean applies(int parameters) {
        return (long) parameters * Double.BYTES > inlineBytes;
    }

    /**
     * Keeps the weights file of these parameters; the same parameters are one file.
     *
     * @param theta K × d row-major. Not modified.
     * @return its digest
     * @throws IOException if the store does not take it
     */
    public String keep(ModelSpec spec, double[] theta) throws IOException {
        byte[] weights = VersionFiles.weights(spec, theta);
        String digest = ModelWeights.digest(weights);
        try {
            store.put(reference(spec.getModelId(), digest), weights);
            problem = null;
        } catch (IOException e) {
            problem = "weights: a version of model " + spec.getModelId() + " waits for the store: " + e.getMessage();
            throw e;
        }
        return digest;
    }

    /** Where a version's record says that its weights are. */
    public static String reference(String model, String digest) {
        return ArtifactKeys.weights(model, digest);
    }

    /** Why a version waits for its weights at the moment. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        store.close();
    }
}
