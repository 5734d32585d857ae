package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.SampleScores;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.attribution.RankedScores;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.client.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Suspicious labels, and the way back into the stream for those that are accepted. */
@Command(
        name = "suspects",
        description = {
            "Shows samples whose label is probably wrong, and turns accepted ones into relabel requests: those to which the"
                    + " model without the sample gives its own label less than an even chance."
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Example:",
            "  lethe suspects export --model digits --top 100 --out suspects.jsonl",
            "  (look at each line; delete those whose label is right after all)",
            "  lethe suspects fix --model digits --request-file suspects.jsonl"
        },
        subcommands = {SuspectsCommand.ListTop.class, SuspectsCommand.Export.class, SuspectsCommand.Fix.class})
final class SuspectsCommand {

    private static List<SampleScores> suspects(LetheClient client, RankingOptions ranking) {
        ModelSpec spec = ranking.model(client);
        if (spec.getFamily() == ModelFamily.RIDGE) {
            throw new LetheException("model " + spec.getModelId()
                    + " is a ridge model and has no classes, so no label is suspicious: `lethe scores list` ranks its"
                    + " samples");
        }
        return RankedScores.suspects(ranking.read(client, spec), ranking.by(), ranking.top());
    }

    @Command(
            name = "list",
            description = "Lists them with the likeliest other label, the most suspicious first.",
            footer = {"", "Example:", "  lethe suspects list --model digits --top 20"})
    static final class ListTop extends ClientCommand {
        @Mixin
        private RankingOptions ranking;

        @Override
        void check() {
            ranking.check(this);
        }

        @Override
        int run(LetheClient client) {
            output().list(RankingOptions.rows(suspects(client, ranking)), "no label looks wrong");
            return Lethe.DONE;
        }
    }

    @Command(
            name = "export",
            description =
                    "Writes them as relabel requests, one sample a line, in the form that `lethe replay` reads too."
                            + " Nothing is changed before `lethe suspects fix`.",
            footer = {"", "Example:", "  lethe suspects export --model digits --top 100 --out suspects.jsonl"})
    static final class Export extends ClientCommand {
        @Mixin
        private RankingOptions ranking;

        @Option(names = "--out", paramLabel = "FILE", required = true, description = "Where to; must not exist.")
        private Path out;

        @Override
        void check() {
            ranking.check(this);
        }

        @Override
        int run(LetheClient client) {
            List<SampleScores> found = suspects(client, ranking);
            RequestFile.write(out, found);
            output().one(object().put("out", out.toString()).put("suspects", found.size()));
            return Lethe.DONE;
        }
    }

    @Command(
            name = "fix",
            description =
                    "Sends the relabel requests of a file and shows their receipts. Exit code 0: all applied, 1: not.",
            footer = {"", "Example:", "  lethe suspects fix --model digits --request-file suspects.jsonl --dry-run"})
    static final class Fix extends ClientCommand {
        @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Model id: names the dataset.")
        private String model;

        @Option(
                names = "--request-file",
                paramLabel = "FILE",
                required = true,
                description = "As `export` writes it, without the lines that were not accepted. Sent twice, it is done"
                        + " once.")
        private Path file;

        @Option(names = "--dry-run", description = "Only check the file and say what would be sent.")
        private boolean dryRun;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "120", description = WAIT)
        private int wait;

        @Override
        int run(LetheClient client) {
            String dataset = ModelCommand.require(client, model).getDataset();
            List<RelabelRequest> requests = RequestFile.read(file, dataset);
            if (dryRun) {
                output().list(requests.stream().map(r -> row(r, "NOT SENT")).toList(), "no request in " + file);
                return Lethe.DONE;
            }
            client.follow(From.NOW);
            List<CompletableFuture<Sent>> sent = new ArrayList<>();
            requests.forEach(request -> sent.add(client.send(request, System.currentTimeMillis())));
            return report(client, requests, sent.stream().map(LetheClient::join).toList());
        }

        private int report(LetheClient client, List<RelabelRequest> requests, List<Sent> sent) {
            List<ObjectNode> rows = new ArrayList<>();
            boolean all = true;
            for (int i = 0; i < sent.size(); i++) {
                if (wait == 0) {
                    rows.add(row(requests.get(i), "SENT"));
                    continue;
                }
                Receipt receipt = client.awaitReceipt(sent.get(i).requestId(), Duration.ofSeconds(wait));
                all &= receipt.getStatus() == ReceiptStatus.APPLIED;
                rows.add(row(requests.get(i), receipt.getStatus().name()).put("reason", receipt.getReason()));
            }
            output().list(rows, "no request in " + file);
            return all ? Lethe.DONE : Lethe.FAILED;
        }

        private static ObjectNode row(RelabelRequest request, String status) {
            var first = request.getSamples().get(0);
            return object().put("request_id", request.getRequestId())
                    .put("sample", first.getSampleId())
                    .put("label", first.getLabel())
                    .put("status", status);
        }
    }
}
