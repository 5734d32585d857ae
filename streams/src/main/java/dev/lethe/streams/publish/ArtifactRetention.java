package dev.lethe.streams.publish;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

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
     * files go before their entry, so that a sweep that was cut off is finished by the next.
     *
     * @return how many versions were removed
     */
    int sweep(String model, Instant before) throws IOException {
        List<Long> versions = reader.versions(model);
        int removed = 0;
        for (int i = 0; i + 1 < versions.size(); i++) {
            ArtifactReader.Entry entry = reader.entry(model, versions.get(i)).orElseThrow();
            if (entry.createdAt().isBefore(before)) {
                remove(model, versions.get(i), entry, versions.get(i + 1));
                removed++;
            }
        }
        return removed;
    }

    private void remove(String model, long version, ArtifactReader.Entry entry, long next) throws IOException {
        String child = reader.entry(model, next).orElseThrow().artifact();
        store.delete(ArtifactKeys.file(model, child, Artifact.DELTA));
        for (String key : store.list(ArtifactKeys.file(model, entry.artifact(), ""))) {
            store.delete(key);
        }
        store.delete(ArtifactKeys.index(model, version));
    }
}
