package dev.lethe.streams.local;

import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;

/**
 * The directory of one process: broker log, Streams state, factor snapshots, service log. Locked while open, since two
 * processes in one directory would destroy each other's state. The lock goes with the process, also when it is killed.
 */
public final class DataDirectory implements AutoCloseable {
    public static final String LOCK_FILE = "lethe.lock";
    private static final String INSTANCE_FILE = "instance.id";
    private static final String KAFKA = "kafka";
    private static final String STREAMS = "streams";
    private static final String FACTORS = "factors";
    private static final String TRAINING = "training";

    /** Less than this, and the broker or a store would fail in the middle of its start. */
    private static final long MIN_FREE_BYTES = 64L << 20;

    private final Path root;
    private final FileChannel channel;
    private final FileLock lock;

    private DataDirectory(Path root, FileChannel channel, FileLock lock) {
        this.root = root;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Creates the directory where it is missing, and locks it.
     *
     * @throws LetheException if another process (or another service of this one) holds it, it cannot be written, or its
     *     disk is full
     */
    public static DataDirectory open(Path dir) {
        Path root = dir.toAbsolutePath().normalize();
        try {
            Files.createDirectories(root);
            requireSpace(root);
            for (String sub : List.of(KAFKA, STREAMS, FACTORS, TRAINING)) {
                requireWritable(root.resolve(sub));
            }
            FileChannel channel = FileChannel.open(
                    root.resolve(LOCK_FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            return new DataDirectory(root, channel, lock(root, channel));
        } catch (IOException e) {
            throw new LetheException(
                    "data directory " + root + " cannot be used (" + e + "): check that it is a writable directory"
                            + " or name another one with data.dir",
                    e);
        }
    }

    private static void requireSpace(Path root) throws IOException {
        long free = Files.getFileStore(root).getUsableSpace();
        if (free < MIN_FREE_BYTES) {
            throw new LetheException(
                    "data directory " + root + " has " + (free >> 20) + " MB of space left, expected at" + " least "
                            + (MIN_FREE_BYTES >> 20) + " MB: free some, or name another directory with data.dir");
        }
    }

    /** What is below may be a mount of its own, or belong to somebody else: told before anything is written beside it. */
    private static void requireWritable(Path sub) {
        if (Files.exists(sub) && !(Files.isDirectory(sub) && Files.isWritable(sub))) {
            throw new LetheException("directory " + sub + " cannot be used ("
                    + (Files.isDirectory(sub) ? "it is read-only" : "it is no directory")
                    + "): make it a writable directory, or name another data directory with data.dir");
        }
    }

    private static FileLock lock(Path root, FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null; // this very process holds it
        }
        if (lock == null) {
            String owner = Files.readString(root.resolve(LOCK_FILE), StandardCharsets.US_ASCII)
                    .strip();
            channel.close();
            throw new LetheException("data directory " + root + " is in use by process "
                    + (owner.isEmpty() ? "(unknown)" : owner)
                    + ": stop that process, or name another directory (setting data.dir, option --data-dir of demo)");
        }
        channel.truncate(0);
        channel.write(
                ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)), 0);
        return lock;
    }

    /** The directory itself. */
    public Path root() {
        return root;
    }

    /** Log of the embedded broker. */
    public Path kafka() {
        return root.resolve(KAFKA);
    }

    /** State of Kafka Streams. */
    public Path streams() {
        return root.resolve(STREAMS);
    }

    /** Snapshots of factors; not within {@link #streams()}, which Kafka Streams empties after a damage. */
    public Path factors() {
        return factors(root);
    }

    /** The same for a directory that another process may hold. */
    public static Path factors(Path dir) {
        return dir.resolve(FACTORS);
    }

    /** Checkpoints of networks' trainings. */
    public Path training() {
        return root.resolve(TRAINING);
    }

    /**
     * Name of this member in the consumer group, made once and kept: after a restart the group recognises the member and
     * does not wait for the session of the previous process to run out.
     */
    public String instanceId() {
        Path file = root.resolve(INSTANCE_FILE);
        try {
            if (!Files.exists(file)) {
                Path fresh = root.resolve(INSTANCE_FILE + ".tmp");
                Files.writeString(fresh, "lethe-" + UUID.randomUUID());
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be read or written (" + e + ")", e);
        }
    }

    /** Unlocks. */
    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new LetheException("lock of data directory " + root + " cannot be released (" + e + ")", e);
        }
    }
}
