package dev.lethe.streams.cli;

import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.Positions;
import dev.lethe.streams.config.Names;
import dev.lethe.unlearn.format.SampleFile;
import dev.lethe.unlearn.format.SampleFiles;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Training rows. */
@Command(
        name = "samples",
        description = "Adds training rows to a dataset.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe samples put digits.csv.gz --dataset digits"},
        subcommands = SamplesCommand.Put.class)
final class SamplesCommand {

    @Command(
            name = "put",
            description = "Adds the rows of a file, or replaces those with the same sample id. Erased ids stay out.",
            footer = {"", "Example:", "  lethe samples put digits.csv.gz --dataset digits"})
    static final class Put extends ClientCommand {
        @Parameters(
                paramLabel = "FILE",
                description =
                        "CSV with a header sample_id,subject_id,label,<features>, .npz, Parquet, LIBSVM, or an IDX pair"
                                + " images,labels; also gzipped.")
        private String file;

        @Option(names = "--dataset", paramLabel = "NAME", required = true, description = "Dataset they belong to.")
        private String dataset;

        @Option(
                names = "--features",
                paramLabel = "N",
                defaultValue = "0",
                description = "Features per row; needed for LIBSVM, checked for the others.")
        private int features;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "120", description = WAIT)
        private int wait;

        @Override
        void check() {
            if (!Names.isName(dataset)) {
                throw usage("--dataset: expected " + Names.RULE + ", got " + Names.quoted(dataset));
            }
        }

        @Override
        int run(LetheClient client) {
            AtomicLong count = new AtomicLong();
            try (SampleFile rows = SampleFiles.open(file, features)) {
                Iterable<Sample> messages = () -> rows.stream()
                        .map(row -> SampleMessages.of(dataset, row))
                        .peek(row -> count.incrementAndGet())
                        .iterator();
                Positions written = client.putSamples(messages, System.currentTimeMillis());
                if (wait > 0) {
                    client.awaitConsumed(written, seconds(wait));
                }
            }
            output().one(object().put("dataset", dataset).put("samples", count.get()));
            return Lethe.DONE;
        }
    }
}
