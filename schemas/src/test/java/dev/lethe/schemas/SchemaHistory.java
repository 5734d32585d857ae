package dev.lethe.schemas;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Frozen schemas: {@code history/VERSION/NAME.avsc}, each complete in itself. What was written with one of them must stay
 * readable, and old software must be able to read what is written today, during a rolling upgrade.
 */
final class SchemaHistory {
    static final String FREEZE = "schemas.freeze";
    static final String HOW_TO_FREEZE = "mvn -pl schemas test -Dtest=SchemaFreezeTest -D" + FREEZE + "=vN";

    private static final Path SOURCES = Path.of("src", "main", "avro");
    private static final String ENDING = ".avsc";

    private final Path root;

    SchemaHistory(Path root) {
        this.root = root;
    }

    /** The history of this module. */
    static SchemaHistory ofModule() {
        return new SchemaHistory(Path.of("history"));
    }

    boolean isEmpty() {
        return files().isEmpty();
    }

    /** All frozen files, oldest version first. */
    List<Path> files() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(ENDING)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Schema parse(Path file) throws IOException {
        return new Schema.Parser().parse(file.toFile());
    }

    /** Every record class of today, messages and stored records alike. */
    static List<Class<? extends SpecificRecord>> today() {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(name -> name.endsWith(ENDING))
                    .sorted()
                    .<Class<? extends SpecificRecord>>map(
                            name -> type("dev.lethe.schemas." + name.substring(0, name.length() - ENDING.length())))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Class<? extends SpecificRecord> type(String name) {
        try {
            return Class.forName(name).asSubclass(SpecificRecord.class);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    name + " is gone: other versions still send it. Bring its schema back, also if nothing writes it",
                    e);
        }
    }

    static Schema schema(Class<? extends SpecificRecord> type) {
        return SpecificData.get().getSchema(type);
    }

    /** Writes today's schemas as a new version. */
    void freeze(String version) throws IOException {
        Path folder = root.resolve(version);
        if (Files.exists(folder)) {
            throw new FileAlreadyExistsException(
                    folder.toString(),
                    null,
                    "a frozen version does not change; if it was never released, delete it first");
        }
        Files.createDirectories(folder);
        for (Class<? extends SpecificRecord> type : today()) {
            Files.writeString(
                    folder.resolve(type.getSimpleName() + ENDING), schema(type).toString(true) + "\n");
        }
    }
}
