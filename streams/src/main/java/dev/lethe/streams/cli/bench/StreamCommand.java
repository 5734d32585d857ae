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
                    + " transactions and commit interval. A second one is Lethe's own topology with nothing in the"
                    + " place of the maths."
        },
        footer = {"", "Example:", "  lethe bench stream --quick"})
final class StreamCommand implements Callable<Integer> {

    private static final int[] QUICK_FEATURES = {64};
    private static final int[] FEATURES = {64, 784};

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--quick",
            description = "Fewer repetitions, and 64 features unless others are named: some four minutes a case.")
    private boolean quick;

    @Option(names = "--features", split = ",", paramLabel = "D", description = "Model sizes (default: 64,784).")
    private int[] features;

    @Option(
            names = "--partitions",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,12",
            description = "Partition counts (default: ${DEFAULT-VALUE}).")
    private int[] partitions;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        StreamBench.run(table, features(), partitions, quick);
        return table.print(output);
    }

    private int[] features() {
        if (features != null) {
            return features;
        }
        return quick ? QUICK_FEATURES : FEATURES;
    }
}
