package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Deep networks: attribution, patches and what they leave behind. */
@Command(
        name = "network",
        description = {
            "Measures EK-FAC, patches against the proximal optimum and against refits, label repair, and native memory,"
                    + " on one thread, and the memory of a whole service.",
            "Needs MNIST as IDX files; without them only what seeded rows can show is measured, and it says so."
        },
        footer = {"", "Example:", "  lethe bench network --data mnist --only quality"})
final class NetworkCommand implements Callable<Integer> {

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
    private List<NetworkBench.Part> only;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        NetworkBench.run(table, mnist.folder(), only == null ? List.of(NetworkBench.Part.values()) : only);
        return table.print(output);
    }
}
