package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How passes and requests grow. */
@Command(
        name = "scale",
        description = {
            "Measures passes and requests per second against the number of rows, of tasks and of instances, through a"
                    + " broker in this process.",
            "The reference of a figure is the same work on fewer rows, or by more tasks."
        },
        footer = {"", "Example:", "  lethe bench scale --quick"})
final class ScaleCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(names = "--quick", description = "Fewer rows and repetitions.")
    private boolean quick;

    @Option(
            names = "--against",
            split = ",",
            paramLabel = "WHAT",
            defaultValue = "rows,instances",
            description =
                    "What is varied: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}); rows also by two tasks.")
    private Set<ScaleBench.Against> against;

    @Override
    public Integer call() {
        BenchTable table = new BenchTable(command.commandLine().getErr());
        ScaleBench.run(table, quick, against);
        return table.print(output);
    }
}
