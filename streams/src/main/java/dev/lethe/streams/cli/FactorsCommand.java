package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Positions;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.local.DataDirectory;
import dev.lethe.streams.store.FactorCache;
import dev.lethe.streams.store.FactorLine;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Cached factors. */
@Command(
        name = "factors",
        description = "Shows the snapshots of factors, which spare a start the passes, and renews a factor.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe factors list"},
        subcommands = {FactorsCommand.ListAll.class, FactorsCommand.Refresh.class})
final class FactorsCommand {

    @Command(
            name = "list",
            description =
                    "Lists the snapshots in a data directory, also while its service runs. Each process keeps those"
                            + " of the models it serves.",
            footer = {"", "Example:", "  lethe factors list --data-dir .lethe"})
    static final class ListAll implements Callable<Integer> {
        @Option(
                names = "--data-dir",
                paramLabel = "DIR",
                description = "Data directory of the service (default: as configured, else .lethe).")
        private Path dataDir;

        @Option(names = "--config", paramLabel = "FILE", description = "The service's configuration file.")
        private Path config;

        @Mixin
        private OutputOptions output;

        @Override
        public Integer call() {
            Path dir = dataDir != null
                    ? dataDir
                    : ServiceConfig.load(Optional.ofNullable(config), System.getenv())
                            .dataDir();
            List<ObjectNode> rows = FactorCache.list(DataDirectory.factors(dir)).stream()
                    .map(ListAll::row)
                    .toList();
            output.list(rows, "no snapshot in " + dir);
            return Lethe.DONE;
        }

        private static ObjectNode row(FactorLine line) {
            return ClientCommand.object()
                    .put("model", line.key().modelId())
                    .put("changes", line.key().applied())
                    .put("bytes", line.bytes())
                    .put("written_at", Instant.ofEpochMilli(line.writtenAt()).toString())
                    .put("theta_digest", line.key().digest());
        }
    }

    @Command(
            name = "refresh",
            description = "Has the factor of a model built anew by a pass; a snapshot of it follows.",
            footer = {"", "Example:", "  lethe factors refresh digits"})
    static final class Refresh extends ClientCommand {
        @Parameters(paramLabel = "MODEL", description = "Model id.")
        private String model;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "120", description = WAIT)
        private int wait;

        @Override
        int run(LetheClient client) {
            ModelCommand.require(client, model);
            Positions asked = client.refreshFactor(model, System.currentTimeMillis());
            if (wait > 0) {
                client.awaitConsumed(asked, seconds(wait));
            }
            output().one(object().put("model", model).put("refresh", "asked for"));
            return Lethe.DONE;
        }
    }
}
