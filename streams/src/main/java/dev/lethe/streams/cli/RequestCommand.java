package dev.lethe.streams.cli;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.objective.Decimals;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Requests. */
@Command(
        name = "request",
        description = "Asks for a deletion or a correction, and shows receipts. Exit code 0: applied, 1: not.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe request delete --dataset digits --subjects s9"},
        subcommands = {
            RequestCommand.Delete.class,
            RequestCommand.Relabel.class,
            RequestCommand.Rectify.class,
            RequestCommand.Settle.class,
            RequestCommand.Status.class
        })
final class RequestCommand {

    /** Sends one request and shows its receipt. */
    private abstract static class Asking extends ClientCommand {
        @Mixin
        private RequestOptions request;

        @Override
        final int run(LetheClient client) {
            return request.send(client, message(request.id(), request.dataset(), Instant.now()), output());
        }

        abstract SpecificRecord message(String id, String dataset, Instant now);
    }

    @Command(
            name = "delete",
            description = "Deletes samples by id, or all samples of subjects.",
            footer = {"", "Example:", "  lethe request delete --dataset digits --samples 17,42 --subjects s9"})
    static final class Delete extends Asking {
        @Option(names = "--samples", paramLabel = "ID", split = ",", description = "Sample ids.")
        private List<String> samples = new ArrayList<>();

        @Option(names = "--subjects", paramLabel = "ID", split = ",", description = "Subject ids.")
        private List<String> subjects = new ArrayList<>();

        @Override
        SpecificRecord message(String id, String dataset, Instant now) {
            return DeleteRequest.newBuilder()
                    .setRequestId(id)
                    .setDataset(dataset)
                    .setSamples(samples)
                    .setSubjects(subjects)
                    .setEventTime(now)
                    .build();
        }
    }

    @Command(
            name = "relabel",
            description = "Corrects labels.",
            footer = {"", "Example:", "  lethe request relabel --dataset digits 5=3 8=1"})
    static final class Relabel extends Asking {
        @Parameters(paramLabel = "SAMPLE=LABEL", arity = "1..*", description = "The correct labels.")
        private List<String> labels;

        private List<Relabelling> samples;

        @Override
        void check() {
            samples = pairs(this, labels, Relabelling::new);
        }

        @Override
        SpecificRecord message(String id, String dataset, Instant now) {
            return RelabelRequest.newBuilder()
                    .setRequestId(id)
                    .setDataset(dataset)
                    .setSamples(samples)
                    .setEventTime(now)
                    .build();
        }
    }

    @Command(
            name = "rectify",
            description = "Corrects features.",
            footer = {"", "Example:", "  lethe request rectify --dataset line 5=1.5,-2,0"})
    static final class Rectify extends Asking {
        @Parameters(
                paramLabel = "SAMPLE=FEATURES",
                arity = "1..*",
                description = "The correct raw features, all of them, with commas between.")
        private List<String> features;

        private List<Rectification> samples;

        @Override
        void check() {
            samples =
                    pairs(this, features, (id, values) -> new Rectification(id, Doubles.toBuffer(numbers(id, values))));
        }

        @Override
        SpecificRecord message(String id, String dataset, Instant now) {
            return RectifyRequest.newBuilder()
                    .setRequestId(id)
                    .setDataset(dataset)
                    .setSamples(samples)
                    .setEventTime(now)
                    .build();
        }

        private double[] numbers(String sample, String values) {
            double[] numbers = Arrays.stream(values.split(",", -1))
                    .mapToDouble(Decimals::parse)
                    .toArray();
            for (int i = 0; i < numbers.length; i++) {
                if (Double.isNaN(numbers[i])) {
                    throw usage("features of sample " + sample + ": expected finite decimals with commas"
                            + " between, got something else at position " + i);
                }
            }
            return numbers;
        }
    }

    @Command(
            name = "settle",
            description = "Waits until all earlier requests are in a published version, or that version is settled.",
            footer = {"", "Example:", "  lethe request settle --dataset digits --until settled"})
    static final class Settle extends Asking {
        @Option(
                names = "--until",
                defaultValue = "SETTLED",
                paramLabel = "STATE",
                description = "applied or settled (default: settled).")
        private SettleUntil until;

        @Override
        SpecificRecord message(String id, String dataset, Instant now) {
            return SettleRequest.newBuilder()
                    .setRequestId(id)
                    .setDataset(dataset)
                    .setUntil(until)
                    .setEventTime(now)
                    .build();
        }
    }

    @Command(
            name = "status",
            description = "Shows the receipt of a request.",
            footer = {"", "Example:", "  lethe request status r1"})
    static final class Status extends ClientCommand {
        @Parameters(paramLabel = "ID", description = "Request id.")
        private String id;

        @Override
        int run(LetheClient client) {
            Receipt first = client.receipts().stream()
                    .filter(receipt -> receipt.getRequestId().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new LetheException(
                            "request " + id + " has no receipt: it is still under way, or was never sent"));
            return RequestOptions.print(first, output());
        }
    }

    /** Splits at the last equals sign: ids may hold one, labels and features seldom do. */
    private static <T> List<T> pairs(
            ClientCommand command, List<String> arguments, BiFunction<String, String, T> make) {
        List<T> pairs = new ArrayList<>();
        for (String argument : arguments) {
            int split = argument.lastIndexOf('=');
            if (split < 1 || split == argument.length() - 1) {
                throw command.usage("argument " + (pairs.size() + 1) + ": expected SAMPLE=VALUE with both sides");
            }
            pairs.add(make.apply(argument.substring(0, split), argument.substring(split + 1)));
        }
        return pairs;
    }
}
