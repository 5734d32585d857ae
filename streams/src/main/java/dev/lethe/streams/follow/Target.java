package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;

/** A version that is to be served, and where its parameters are. */
sealed interface Target {
    /** Its number. */
    long version();

    /** In the record itself. */
    record Inline(ModelVersion record) implements Target {
        @Override
        public long version() {
            return record.getVersion();
        }
    }

    /** In the store, as announced. */
    record Stored(VersionArtifact announced) implements Target {
        @Override
        public long version() {
            return announced.getVersion();
        }
    }

    /** In the store, under its number. */
    record Numbered(long version, String digest) implements Target {}
}
