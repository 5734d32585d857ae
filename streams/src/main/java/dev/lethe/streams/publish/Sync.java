package dev.lethe.streams.publish;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes what was written survive a crash; tests put a crash in its place. */
@FunctionalInterface
interface Sync {

    /** The disk of this machine. */
    Sync DISK = path -> {
        // A folder cannot be opened for writing, and some systems force a file only where it can be written.
        var option = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    };

    /**
     * Returns once the content of a file, or the names in a folder, are on the disk.
     *
     * @throws IOException if they may not be
     */
    void force(Path path) throws IOException;
}
