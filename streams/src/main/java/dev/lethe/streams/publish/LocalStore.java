package dev.lethe.streams.publish;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
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

    /** Names of folders that are remembered as forced; another is forced again, at worst. */
    private static final int REMEMBERED = 1_000;

    private final Path root;
    private final Set<Path> forced =
            Collections.newSetFromMap(Collections.synchronizedMap(new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Path, Boolean> eldest) {
                    return size() > REMEMBERED;
                }
            }));

    /** @param root made where it is missing, with the first file */
    public LocalStore(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public String location() {
        return root.toString();
    }

    @Override
    public void put(String key, byte[] content) throws IOException {
        putAll(Map.of(key, content));
    }

    /** Each file is forced by itself, each folder once: forcing is what costs, and what it costs it costs everybody. */
    @Override
    public void putAll(Map<String, byte[]> files) throws IOException {
        Set<Path> folders = new LinkedHashSet<>();
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = file(entry.getKey());
            folders.add(Files.createDirectories(file.getParent()));
            replace(file, entry.getValue());
        }
        for (Path folder : folders) {
            forceNames(folder);
        }
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + TEMPORARY);
        try {
            write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            // Says which file.
            throw e;
        } catch (IOException e) {
            throw new IOException("file " + file + " cannot be written (" + e.getMessage() + ")", e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** The new names too must survive a crash: in the folder, and those of folders that this store has not forced yet. */
    private void forceNames(Path folder) throws IOException {
        force(folder);
        for (Path at = folder; !at.equals(root) && !forced.contains(at); at = at.getParent()) {
            force(at.getParent());
        }
        for (Path at = folder; !at.equals(root); at = at.getParent()) {
            forced.add(at);
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
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
        forced.remove(folder);
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
