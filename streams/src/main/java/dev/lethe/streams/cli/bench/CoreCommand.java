package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The maths alone: no Kafka, no disk. */
@Command(
        name = "core",
        description = {
            "Measures changes, batches, factors and passes of the convex core on one thread.",
            "References are the bare BLAS calls or the memory traffic that the work cannot do without."
        },
        footer = {"", "Example:", "  lethe bench core --output json"})
final class CoreCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(names = "--quick", description = "Smaller sizes and fewer repetitions: seconds instead of a minute.")
    private boolean quick;

    @Option(
            names = "--mnist",
            paramLabel = "DIR",
            description = "Folder with MNIST's training files, gzipped IDX (default: seeded rows of the same shape).")
    private Path mnist;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        CoreBench.run(table, quick, mnist);
        return table.print(output);
    }
}
