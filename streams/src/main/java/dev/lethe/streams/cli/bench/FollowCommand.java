package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What a follower does with a new version, without Kafka and disk. */
@Command(
        name = "follow",
        description = {
            "Measures what a follower does with a new version of a model of 7 850 parameters: apply its delta, check it.",
            "The reference is one millisecond."
        },
        footer = {"", "Example:", "  lethe bench follow"})
final class FollowCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        FollowBench.run(table);
        return table.print(output);
    }
}
