package dev.lethe.streams.cli.replay;

import dev.lethe.streams.LetheService;
import dev.lethe.streams.cli.TemporaryDirectory;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.KafkaProperties;
import dev.lethe.streams.config.ServiceConfig;
import java.util.Map;

/** Service, broker and client of one run, gone without a trace afterwards, also when the process is interrupted. */
final class ReplayStage implements AutoCloseable {
    private static final String PREFIX = "replay";

    private final TemporaryDirectory directory = new TemporaryDirectory("lethe-replay-");
    private final Thread hook = new Thread(this::release, "lethe-replay-cleanup");
    private LetheService service;
    private LetheClient client;
    private boolean released;

    /** Starts everything. */
    static ReplayStage open() {
        ReplayStage stage = new ReplayStage();
        Runtime.getRuntime().addShutdownHook(stage.hook);
        try {
            stage.start();
            return stage;
        } catch (RuntimeException e) {
            stage.close();
            throw e;
        }
    }

    private void start() {
        // One partition of requests and receipts: everything has one order.
        service = LetheService.start(ServiceConfig.of(
                Map.of("data.dir", directory.path().toString(), "local.port", "0", "prefix", PREFIX, "shards", "2")));
        client = LetheClient.connect(
                        new ClientSettings(service.bootstrapServers(), PREFIX, KafkaProperties.none(), "/lethe/replay"),
                        service::failure)
                .follow(From.NOW);
    }

    LetheClient client() {
        return client;
    }

    @Override
    public void close() {
        release();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // shutting down: the hook finds nothing left to do
        }
    }

    private synchronized void release() {
        if (released) {
            return;
        }
        released = true;
        if (client != null) {
            client.close();
        }
        if (service != null) {
            service.close();
        }
        directory.close();
    }
}
