package dev.lethe.streams.publish;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Versions written into a folder as the service writes them, for tests of other packages. */
public final class Stored {
    private Stored() {}

    /** Writes versions and returns their announcements. */
    public static List<VersionArtifact> write(Path folder, ModelSpec spec, List<ModelVersion> versions)
            throws IOException {
        return write(new ArtifactWriter(new LocalStore(folder), "lethe.requests"), spec, versions);
    }

    /** Writes versions one by one. */
    static List<VersionArtifact> write(ArtifactWriter writer, ModelSpec spec, List<ModelVersion> versions)
            throws IOException {
        List<VersionArtifact> written = new ArrayList<>();
        for (ModelVersion version : versions) {
            writer.add(version, spec);
            written.addAll(writer.flush());
        }
        return written;
    }

    /** Writes versions in one go. */
    static List<VersionArtifact> writeTogether(ArtifactWriter writer, ModelSpec spec, List<ModelVersion> versions)
            throws IOException {
        for (ModelVersion version : versions) {
            writer.add(version, spec);
        }
        return writer.flush();
    }
}
