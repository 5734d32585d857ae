package dev.lethe.streams.cli;

import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory of its own for one run, so that two runs do not disturb each other. */
public final class TemporaryDirectory implements AutoCloseable {
    private final Path path;

    /** Makes it under the system's temporary directory. */
    public TemporaryDirectory(String prefix) {
        try {
            path = Files.createTempDirectory(prefix);
        } catch (IOException e) {
            throw new LetheException(
                    "no temporary directory can be made in " + System.getProperty("java.io.tmpdir") + " (" + e + ")",
                    e);
        }
    }

    /** Makes it under another directory, which is made where it is missing. */
    public TemporaryDirectory(Path parent, String prefix) {
        try {
            path = Files.createTempDirectory(Files.createDirectories(parent), prefix);
        } catch (IOException e) {
            throw new LetheException("no directory can be made in " + parent.toAbsolutePath() + " (" + e + ")", e);
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Deletes what can be deleted; a file that stays behind is no reason to fail. */
    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // already gone, or going: the operating system cleans its temporary directory
        }
    }
}
