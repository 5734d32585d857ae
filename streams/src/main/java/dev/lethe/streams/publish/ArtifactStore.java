package dev.lethe.streams.publish;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where artifacts are kept: immutable files under keys whose parts are separated by slashes. An implementation fails with
 * an IOException that says why; the caller tries again. Safe for several threads.
 */
public interface ArtifactStore extends AutoCloseable {

    /** Where it is, for people; no secret in it. */
    String location();

    /**
     * Keeps a file. Once this returns the file survives a crash; until then readers see nothing of it, or what was there
     * before.
     *
     * @param content not modified
     */
    void put(String key, byte[] content) throws IOException;

    /**
     * Keeps several files, in this order. Once this returns all survive a crash; a crash before that may leave some.
     *
     * @param files by key. Not modified.
     */
    default void putAll(Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            put(file.getKey(), file.getValue());
        }
    }

    /**
     * A file's content.
     *
     * @param maxBytes a larger file is not read
     * @return empty if there is none
     * @throws IOException if it is larger, or the store does not answer
     */
    Optional<byte[]> get(String key, long maxBytes) throws IOException;

    /** The keys that begin so, sorted. */
    List<String> list(String prefix) throws IOException;

    /** Removes a file; one that is not there is no error. */
    void delete(String key) throws IOException;

    @Override
    void close();
}
