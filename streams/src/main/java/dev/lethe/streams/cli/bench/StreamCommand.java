package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole way of a request, from produced to committed. */
@Command(
        name = "stream",
        description = {
            "Measures the time from a produced request to its committed version, and requests per second off a"
                    + " backlog, through a broker in this process.",
            "The reference is a Streams topology that only hands requests on: same broker, requests, partitions,"
                    + " transactions and commit interval."
        },
        footer = {"", "Example:", "  lethe bench stream --quick"})
final class StreamCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(names = "--quick", description = "64 features only and one repetition: a minute instead of several.")
    private boolean quick;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        StreamBench.run(table, quick);
        return table.print(output);
    }
}
