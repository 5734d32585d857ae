package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.TemporaryDirectory;
import dev.lethe.streams.config.ServiceConfig;
import java.util.Optional;

/**
 * Where brokers, services and stores keep their files while they are measured: in a folder of its own under the data
 * directory (setting {@code data.dir}, variable LETHE_DATA_DIR), since the disk is part of what is measured. The system's
 * temporary directory may be memory, which flatters, or crowded, which does the opposite.
 */
final class BenchDirectory {
    private BenchDirectory() {}

    /** A new one. */
    static TemporaryDirectory open() {
        return new TemporaryDirectory(
                ServiceConfig.load(Optional.empty(), System.getenv()).dataDir().toAbsolutePath(), "bench-");
    }
}
