package dev.lethe.streams.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.TopicSetup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The topics of a configuration, for those who create them by other means. Needs no running service. */
@Command(
        name = "topics",
        description =
                "Shows the topics that a configuration needs, with their settings. Needs no running service: Lethe"
                        + " creates those that are missing, and checks those that exist.",
        footer = {"", "Example:", "  lethe topics --config lethe.yaml --strimzi my-cluster"})
final class TopicsCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration of the service.")
    private Path config;

    @Option(
            names = "--strimzi",
            paramLabel = "CLUSTER",
            description = "Print KafkaTopic resources for this Strimzi cluster, and a KafkaUser that may use them, as"
                    + " YAML.")
    private String cluster;

    @Override
    public Integer call() throws JsonProcessingException {
        var settings = ServiceConfig.load(Optional.ofNullable(config), System.getenv());
        var topics = new TopicSetup(settings).wanted();
        if (cluster == null) {
            output.list(topics.stream().map(TopicsCommand::row).toList(), "none");
            return Lethe.DONE;
        }
        PrintWriter out = command.commandLine().getOut();
        out.print(StrimziResources.of(cluster, settings.prefix(), topics));
        out.flush();
        return Lethe.DONE;
    }

    private static ObjectNode row(NewTopic topic) {
        return ClientCommand.object()
                .put("topic", topic.name())
                .put("partitions", topic.numPartitions())
                .put("replicas", topic.replicationFactor())
                .put("config", new TreeMap<>(topic.configs()).toString());
    }
}
