package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What publishing to a store costs those who wait for a version. */
@Command(
        name = "artifacts",
        description = {
            "Measures the time from a produced request to its committed version while every version is also written to a"
                    + " local store.",
            "The reference is the same deployment without a store, in the same run, in turns."
        },
        footer = {"", "Example:", "  lethe bench artifacts"})
final class ArtifactsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        ArtifactsBench.run(table);
        return table.print(output);
    }
}
