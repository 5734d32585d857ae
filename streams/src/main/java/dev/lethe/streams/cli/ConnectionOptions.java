package dev.lethe.streams.cli;

import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.config.KafkaProperties;
import dev.lethe.streams.config.ServiceConfig;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a command reaches the service. */
final class ConnectionOptions {
    private static final String SOURCE = "/lethe/cli";

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "Kafka of the service (default: variable LETHE_BOOTSTRAP_SERVERS, or 127.0.0.1:19092).")
    private String bootstrap;

    @Option(
            names = "--prefix",
            paramLabel = "NAME",
            description = "First part of the service's topic names (default: lethe).")
    private String prefix;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The service's configuration file: its prefix, its Kafka and, under kafka:, the security"
                    + " settings are taken from there.")
    private Path config;

    LetheClient connect() {
        ServiceConfig file = ServiceConfig.load(Optional.ofNullable(config), System.getenv());
        String servers =
                Optional.ofNullable(bootstrap).or(file::bootstrapServers).orElse("127.0.0.1:" + file.localPort());
        KafkaProperties kafka = file.kafka();
        return LetheClient.connect(
                new ClientSettings(servers, Optional.ofNullable(prefix).orElse(file.prefix()), kafka, SOURCE));
    }
}
