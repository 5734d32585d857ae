package dev.lethe.streams.cli.replay;

import dev.lethe.streams.cli.Lethe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The batch form: files in, files out. */
@Command(
        name = "replay",
        description =
                "Runs a file of events against a model and its samples, through a broker and a service of its own,"
                        + " and writes the versions and receipts as files. Exit code 0: the run completed, refused lines"
                        + " included; 1: an input file is unreadable or a settle failed.",
        footer = {
            "",
            "Example:",
            "  lethe replay --model model.yaml --samples samples.csv --events events.jsonl --out result"
        })
public final class ReplayCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Option(names = "--model", paramLabel = "MODEL.yaml", required = true, description = "The model's definition.")
    private Path model;

    @Option(
            names = "--samples",
            paramLabel = "FILE",
            required = true,
            description =
                    "Training rows: CSV with a header sample_id,subject_id,label,<features>, .npz, Parquet, LIBSVM, or an"
                            + " IDX pair images,labels; also gzipped.")
    private String samples;

    @Option(names = "--events", paramLabel = "EVENTS.jsonl", required = true, description = "One event a line.")
    private Path events;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder for the results.")
    private Path out;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "900",
            description = "Give up when one step takes longer (default: ${DEFAULT-VALUE}).")
    private int timeout;

    @Override
    public Integer call() {
        Replay.Inputs inputs = new Replay.Inputs(model, samples, events, out, Duration.ofSeconds(timeout));
        ReplaySummary summary = new Replay(inputs).run();
        command.commandLine().getOut().println(summary.sentence(out));
        command.commandLine().getOut().flush();
        return summary.failed() ? Lethe.FAILED : Lethe.DONE;
    }
}
