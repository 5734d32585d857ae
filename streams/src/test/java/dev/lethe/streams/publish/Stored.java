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
        ArtifactWriter writer = new ArtifactWriter(new LocalStore(folder), "lethe.requests");
        List<VersionArtifact> written = new ArrayList<>();
        for (ModelVersion version : versions) {
            written.add(writer.write(version, spec));
        }
        return written;
    }
}
