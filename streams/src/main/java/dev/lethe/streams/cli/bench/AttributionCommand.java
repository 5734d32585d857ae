package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How well and how fast influence and scores say which rows matter. */
@Command(
        name = "attribution",
        description = {
            "Measures influence against exact leave-one-out, wrong labels found by scores, the linear datamodelling score,"
                    + " and the time of queries and scores, on one thread.",
            "Needs MNIST as IDX files for all but the first; without them only that is measured, and it says so."
        },
        footer = {"", "Example:", "  lethe bench attribution --data mnist --only loo,scores"})
final class AttributionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Mixin
    private MnistOptions mnist;

    @Option(
            names = "--only",
            paramLabel = "PART",
            split = ",",
            description = "Some of: ${COMPLETION-CANDIDATES}. Default: all.")
    private List<AttributionBench.Part> only;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        AttributionBench.run(table, mnist.folder(), only == null ? List.of(AttributionBench.Part.values()) : only);
        return table.print(output);
    }
}
