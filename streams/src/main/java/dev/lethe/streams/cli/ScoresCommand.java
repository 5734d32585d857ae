package dev.lethe.streams.cli;

import dev.lethe.streams.attribution.RankedScores;
import dev.lethe.streams.client.LetheClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores of the samples of a running service. */
@Command(
        name = "scores",
        description = "Has the samples of a model scored by their shards, and shows the scores.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe scores list --model digits --by self-influence --top 10"},
        subcommands = {ScoresCommand.ListTop.class, ScoresCommand.Refresh.class, ComputeScoresCommand.class})
final class ScoresCommand {

    @Command(
            name = "list",
            description = "Lists the samples with the highest scores.",
            footer = {"", "Example:", "  lethe scores list --model digits --by leverage --output json"})
    static final class ListTop extends ClientCommand {
        @Mixin
        private RankingOptions ranking;

        @Override
        void check() {
            ranking.check(this);
        }

        @Override
        int run(LetheClient client) {
            var all = ranking.read(client, ranking.model(client));
            output().list(RankingOptions.rows(RankedScores.top(all, ranking.by(), ranking.top())), ranking.whereFrom());
            return Lethe.DONE;
        }
    }

    @Command(
            name = "refresh",
            description = "Scores the samples at the published version, unless they are already. From then on they are"
                    + " renewed with newer versions.",
            footer = {"", "Example:", "  lethe scores refresh --model digits"})
    static final class Refresh extends ClientCommand {
        @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Model id.")
        private String model;

        @Option(
                names = "--wait",
                paramLabel = "SECONDS",
                defaultValue = "120",
                description = "How many seconds to wait for all shards (default: ${DEFAULT-VALUE}).")
        private int wait;

        @Mixin
        private OutsideClaimOption outsideClaim;

        @Override
        int run(LetheClient client) {
            outsideClaim.require(ModelCommand.require(client, model));
            var done = client.attributions().refresh(model, seconds(wait));
            output().one(object().put("model", model).put("version", done.getVersion()));
            return Lethe.DONE;
        }
    }
}
