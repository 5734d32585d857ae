package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What a follower does with a new version, and what its readers notice of it. */
@Command(
        name = "follow",
        description = {
            "Measures what a follower does with a new version of a model of 7 850 parameters: apply its delta, check it.",
            "Its reference is one millisecond.",
            "Then eight threads predict a thousand times a second each while a thousand versions come through a broker in a"
                    + " process of its own, and while none come, in turns. The reference of the longest read is five"
                    + " milliseconds. What a read waits for a core is the machine's, and is told apart; pauses of the"
                    + " collector are the application's: LETHE_JAVA_OPTS=-XX:+UseZGC tries another one."
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
