package dev.lethe.streams.cli.replay;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.publish.AtomicFiles;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.unlearn.format.FileFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The folder a replay writes: {@code NAME/weights.safetensors} and {@code NAME/manifest.json} for each export and for
 * {@code final}, {@code receipts.jsonl}, {@code summary.json}. Each file appears whole or not at all.
 *
 * @param path the folder
 */
public record OutputFolder(Path path) {
    /** Name of the last version's folder. */
    public static final String FINAL = "final";
    /** Name of the receipts file. */
    public static final String RECEIPTS = "receipts.jsonl";
    /** Name of the summary. */
    public static final String SUMMARY = "summary.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Makes the folder; one that is there already is written into. */
    public static OutputFolder create(Path path) {
        try {
            return new OutputFolder(Files.createDirectories(path));
        } catch (FileAlreadyExistsException e) {
            throw new FileFormatException(path.toString(), "expected a folder, got a file; give another folder");
        } catch (IOException e) {
            throw new FileFormatException(path.toString(), "the folder cannot be made; check the permissions above it");
        }
    }

    /** Writes a version under a name. */
    public void version(String name, ModelVersion version, ModelSpec spec) throws IOException {
        VersionFiles.write(path.resolve(name), version, spec);
    }

    /** Writes all receipts, one JSON object a line. */
    public void receipts(List<ObjectNode> receipts) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (ObjectNode receipt : receipts) {
            lines.append(JSON.writeValueAsString(receipt)).append('\n');
        }
        AtomicFiles.write(path.resolve(RECEIPTS), lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Writes the counts and timings. */
    public void summary(ObjectNode summary) throws IOException {
        AtomicFiles.write(path.resolve(SUMMARY), VersionFiles.bytes(summary));
    }
}
