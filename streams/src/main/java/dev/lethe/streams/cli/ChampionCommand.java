package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.streams.client.LetheClient;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Choosing the champion of a model by hand. */
abstract class ChampionCommand extends ClientCommand {
    @Parameters(paramLabel = "MODEL", description = "Model id.")
    private String model;

    @Option(
            names = "--force",
            description = "Also if the version was made before data that has been erased since. Needs --reason.")
    private boolean force;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why; recorded with the decision.")
    private String reason;

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "60", description = ClientCommand.WAIT)
    private int wait;

    @Command(
            name = "promote",
            description = {
                "Makes a version the champion, also one that the model's gate lets wait.",
                "It ends what a rollback began: the gate decides again from here on."
            },
            footer = {"", "Example:", "  lethe versions promote digits"})
    static final class Promote extends ChampionCommand {
        @Option(names = "--version-number", paramLabel = "N", description = "Which one (default: the newest).")
        private Long number;

        @Override
        Long number() {
            return number;
        }

        @Override
        boolean rollback() {
            return false;
        }
    }

    @Command(
            name = "rollback",
            description = {
                "Makes an older version the champion until the next promote.",
                "Refuses one that was made before data that has been erased since."
            },
            footer = {"", "Example:", "  lethe versions rollback digits --to 12 --reason 'complaint 4711'"})
    static final class Rollback extends ChampionCommand {
        @Option(names = "--to", paramLabel = "N", required = true, description = "The version.")
        private Long number;

        @Override
        Long number() {
            return number;
        }

        @Override
        boolean rollback() {
            return true;
        }
    }

    abstract Long number();

    abstract boolean rollback();

    @Override
    final void check() {
        if (force && (reason == null || reason.isBlank())) {
            throw usage("--force needs --reason TEXT: it is recorded why erased data comes back");
        }
    }

    @Override
    final int run(LetheClient client) {
        ModelCommand.require(client, model);
        ModelVersion version = VersionsCommand.version(client, model, number());
        var command = new PromoteVersion(UUID.randomUUID().toString(), version, rollback(), force, reason);
        Promotion decided = client.promote(command, seconds(wait));
        output().one(row(decided));
        return decided.getOutcome().equals("PROMOTED") ? Lethe.DONE : Lethe.FAILED;
    }

    private static ObjectNode row(Promotion decided) {
        return object().put("model", decided.getModelId())
                .put("version", decided.getVersion())
                .put("outcome", decided.getOutcome())
                .put("before", decided.getPrevious())
                .put("holds_erased_data", decided.getHoldsErased())
                .put("forced", decided.getForced())
                .put("reason_code", decided.getReasonCode())
                .put("reason", decided.getReason());
    }
}
