package dev.lethe.streams.cli;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shell completion. */
@Command(
        name = "completion",
        description = "Prints a script that makes bash and zsh complete commands and options.",
        footer = {"", "Example:", "  lethe completion > completion.sh && source completion.sh"})
final class CompletionCommand implements Runnable {
    @Spec
    private CommandSpec command;

    @Override
    public void run() {
        PrintWriter out = command.commandLine().getOut();
        out.print(AutoComplete.bash("lethe", command.root().commandLine()));
        out.flush();
    }
}
