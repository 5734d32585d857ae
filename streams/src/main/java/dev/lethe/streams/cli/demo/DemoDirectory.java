package dev.lethe.streams.cli.demo;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.local.DataDirectory;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;

/** The demo's data directory: begins empty every time, and only a directory that a demo made is ever emptied. */
final class DemoDirectory {
    static final String MARKER = "made-by-lethe-demo";

    private DemoDirectory() {}

    /**
     * Makes the directory ready: created and marked, or, if an earlier demo made it, emptied.
     *
     * @throws LetheException if the directory holds anything else, or a process uses it
     */
    static void prepare(Path directory) {
        requireOurs(directory);
        try (DataDirectory locked = DataDirectory.open(directory)) {
            empty(locked.root());
            Files.writeString(
                    locked.root().resolve(MARKER),
                    "Data of `lethe demo`. The next demo in this directory deletes everything in it.\n");
        } catch (IOException e) {
            throw new LetheException(
                    "directory " + directory + " of the demo cannot be made ready (" + e
                            + "): delete it, or name another with --data-dir",
                    e);
        }
    }

    private static void requireOurs(Path directory) {
        if (!Files.exists(directory) || Files.exists(directory.resolve(MARKER)) || isEmptyDirectory(directory)) {
            return;
        }
        throw new LetheException(
                "directory " + directory.toAbsolutePath() + " was not made by `lethe demo` (it has no file " + MARKER
                        + "), so nothing in it was touched: move it away, or name another directory with --data-dir");
    }

    private static boolean isEmptyDirectory(Path directory) {
        return Files.isDirectory(directory) && list(directory).isEmpty();
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException e) {
            throw new LetheException("directory " + directory + " cannot be read (" + e + ")", e);
        }
    }

    /** The lock file stays, since it is locked, and the marker, so that an interrupted emptying can be taken up again. */
    private static void empty(Path root) throws IOException {
        for (Path entry : list(root)) {
            String name = entry.getFileName().toString();
            if (!name.equals(MARKER) && !name.equals(DataDirectory.LOCK_FILE)) {
                Files.walkFileTree(entry, new Deletion());
            }
        }
    }

    /** Does not follow symbolic links: a link is deleted, not what it points to. */
    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
