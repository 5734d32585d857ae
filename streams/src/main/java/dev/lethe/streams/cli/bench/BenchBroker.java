package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.TemporaryDirectory;
import dev.lethe.streams.local.LocalKafka;
import java.nio.file.Path;

/** The broker that everything in one run of a benchmark shares, and the directory that goes with it. */
final class BenchBroker implements AutoCloseable {
    private final TemporaryDirectory directory = BenchDirectory.open();
    private final Thread hook = new Thread(directory::close, "lethe-bench-cleanup");
    private final LocalKafka kafka;

    BenchBroker() {
        Runtime.getRuntime().addShutdownHook(hook);
        kafka = LocalKafka.start(directory.path().resolve("broker"), 0);
    }

    String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    /** Data directory of one process of a deployment. */
    Path dataDirectory(String name) {
        return directory.path().resolve(name);
    }

    @Override
    public void close() {
        kafka.close();
        directory.close();
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
