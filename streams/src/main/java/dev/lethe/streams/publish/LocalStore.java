package dev.lethe.streams.publish;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A folder of this machine. */
public final class LocalStore implements ArtifactStore {
    private static final String TEMPORARY = ".tmp";

    private final Path root;
    private final Sync sync;
    private final ForcedFolders folders;

    /** @param root made where it is missing, with the first file */
    public LocalStore(Path root) {
        this(root, Sync.DISK);
    }

    LocalStore(Path root, Sync sync) {
        this.root = root.toAbsolutePath().normalize();
        this.sync = sync;
        this.folders = new ForcedFolders(this.root, sync);
    }

    @Override
    public String location() {
        return root.toString();
    }

    @Override
    public void put(String key, byte[] content) throws IOException {
        putAll(Map.of(key, content));
    }

    /**
     * All are written, then forced one by one, then named, and each folder is forced once: forcing is what costs, it costs
     * everybody who uses the disk, and a file costs less when the one before has taken its neighbours along.
     */
    @Override
    public void putAll(Map<String, byte[]> files) throws IOException {
        Map<Path, byte[]> contents = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            contents.put(file(entry.getKey()), entry.getValue());
        }
        Set<Path> used = new LinkedHashSet<>();
        try {
            for (Map.Entry<Path, byte[]> entry : contents.entrySet()) {
                used.add(Files.createDirectories(entry.getKey().getParent()));
                write(entry.getKey(), entry.getValue());
            }
            name(contents.keySet());
        } catch (IOException e) {
            discard(contents.keySet(), e);
            throw e;
        }
        folders.force(used);
    }

    private static void write(Path file, byte[] content) throws IOException {
        try {
            Files.write(temporary(file), content);
        } catch (IOException e) {
            throw naming(file, e);
        }
    }

    /** No file gets its name before all are on the disk. */
    private void name(Set<Path> files) throws IOException {
        for (Path file : files) {
            try {
                sync.force(temporary(file));
            } catch (IOException e) {
                throw naming(file, e);
            }
        }
        for (Path file : files) {
            Files.move(temporary(file), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path temporary(Path file) {
        return file.resolveSibling("." + file.getFileName() + TEMPORARY);
    }

    private static IOException naming(Path file, IOException e) {
        return e instanceof FileSystemException
                ? e
                : new IOException("file " + file + " cannot be written (" + e.getMessage() + ")", e);
    }

    private static void discard(Set<Path> files, IOException because) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(temporary(file));
            } catch (IOException e) {
                because.addSuppressed(e);
            }
        }
    }

    @Override
    public Optional<byte[]> get(String key, long maxBytes) throws IOException {
        Path file = file(key);
        try {
            long size = Files.size(file);
            if (size > maxBytes) {
                throw new IOException("file " + file + ": expected at most " + maxBytes + " bytes, got " + size);
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(String prefix) throws IOException {
        Path folder = file(prefix.substring(0, prefix.lastIndexOf('/') + 1));
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(f -> root.relativize(f).toString().replace('\\', '/'))
                    .filter(key -> key.startsWith(prefix) && !key.endsWith(TEMPORARY))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            // A folder that cannot be read, or that another process has removed meanwhile: the next try is without it.
            throw e.getCause();
        }
    }

    @Override
    public void delete(String key) throws IOException {
        Path file = file(key);
        Files.deleteIfExists(file);
        Path folder = file.getParent();
        try (Stream<Path> left = Files.list(folder)) {
            if (left.findAny().isPresent()) {
                return;
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(folder);
        folders.forget(folder);
    }

    private Path file(String key) throws IOException {
        Path file = root.resolve(key).normalize();
        if (!file.startsWith(root)) {
            throw new IOException("key " + key + " leads out of the store");
        }
        return file;
    }

    @Override
    public void close() {
        // Nothing is held open.
    }
}
