package dev.lethe.streams.publish;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Removes superseded versions from a store once they are old enough: they still remember rows that were erased since. The
 * newest version of a model always stays.
 */
final class ArtifactRetention {
    private final ArtifactStore store;
    private final ArtifactReader reader;

    ArtifactRetention(ArtifactStore store) {
        this.store = store;
        this.reader = new ArtifactReader(store);
    }

    /**
     * Removes what was made before a time, and the delta of the version after it, from which it could be made again. The
     * files go before their entry, so that a sweep that was cut off is finished by the next. Another process may sweep at
     * the same time.
     *
     * @return how many versions were removed
     * @throws IOException if one could not be; the others are
     */
    int sweep(String model, Instant before) throws IOException {
        List<Long> versions = reader.versions(model);
        int removed = 0;
        IOException failure = null;
        for (int i = 0; i + 1 < versions.size(); i++) {
            try {
                removed += sweep(model, before, versions.get(i), versions.get(i + 1)) ? 1 : 0;
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return removed;
    }

    private boolean sweep(String model, Instant before, long version, long next) throws IOException {
        Optional<ArtifactReader.Entry> entry = reader.entry(model, version);
        if (entry.isEmpty() || !entry.get().createdAt().isBefore(before)) {
            return false;
        }
        Optional<ArtifactReader.Entry> child = reader.entry(model, next);
        if (child.isPresent()) {
            store.delete(ArtifactKeys.file(model, child.get().artifact(), Artifact.DELTA));
        }
        for (String key : store.list(ArtifactKeys.file(model, entry.get().artifact(), ""))) {
            store.delete(key);
        }
        store.delete(ArtifactKeys.weights(model, entry.get().digest()));
        store.delete(ArtifactKeys.index(model, version));
        return true;
    }
}
