package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.TemporaryDirectory;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.local.LocalKafka;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

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

    /** A deployment with one process. @param more settings that win over these */
    ServiceConfig deployment(String prefix, int partitions, Map<String, String> more) {
        String count = Integer.toString(partitions);
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", bootstrapServers(),
                "prefix", prefix,
                "data.dir", dataDirectory(prefix).toString(),
                "replication.factor", "1",
                "shards", count,
                "request.partitions", count,
                "model.partitions", count));
        settings.putAll(more);
        return ServiceConfig.of(settings);
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
