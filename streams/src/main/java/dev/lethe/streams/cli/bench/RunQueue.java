package dev.lethe.streams.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How long the thread that opened it was ready to run and had no core, as Linux counts it in {@code schedstat}: what a
 * thread waits that no lock, pause or page fault of its own process makes it wait. Elsewhere: always 0. One thread.
 */
final class RunQueue implements AutoCloseable {
    private static final Path STATISTICS = Path.of("/proc/thread-self/schedstat");
    private static final int LINE = 128;

    private final FileChannel file;
    private final ByteBuffer line = ByteBuffer.allocateDirect(LINE);

    RunQueue() throws IOException {
        // The link itself would lead to whoever reads.
        file = isCounted() ? FileChannel.open(STATISTICS.toRealPath(), StandardOpenOption.READ) : null;
    }

    /** Whether this system counts it. */
    static boolean isCounted() {
        return Files.isReadable(STATISTICS);
    }

    /** Nanoseconds so far: the second number of three. */
    long nanos() throws IOException {
        if (file == null) {
            return 0;
        }
        line.clear();
        int length = file.read(line, 0);
        int at = 0;
        while (line.get(at) != ' ') {
            at++;
        }
        long nanos = 0;
        for (at++; at < length && line.get(at) != ' '; at++) {
            nanos = 10 * nanos + line.get(at) - '0';
        }
        return nanos;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
