package dev.lethe.streams.cli.bench;

import dev.lethe.streams.cli.OutputOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How long a start takes, and what a service that is asked nothing needs. */
@Command(
        name = "serve",
        description = {
            "Measures the time from a start of 'lethe serve', a process with a broker of its own, to the first answered"
                    + " deletion, after a clean stop and after a kill; then CPU and memory of the idle service.",
            "The reference is what is promised for 60000 rows of 784 features, one core, and the rows' own size."
        },
        footer = {"", "Example:", "  lethe bench serve --quick"})
final class ServeBenchCommand implements Callable<Integer> {
    private static final int QUICK_ROWS = 5_000;
    private static final int QUICK_FEATURES = 64;
    private static final int ROUNDS = 3;
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration SHORT_QUIET = Duration.ofSeconds(1);

    @Spec
    private CommandSpec command;

    @Mixin
    private OutputOptions output;

    @Option(
            names = "--quick",
            description = "One start of each kind, and fewer and smaller rows unless others are named.")
    private boolean quick;

    @Option(names = "--rows", paramLabel = "N", description = "Rows in the store (default: 60000).")
    private Integer rows;

    @Option(names = "--features", paramLabel = "D", description = "Features of a row (default: 784).")
    private Integer features;

    @Override
    public Integer call() {
        ServeBench.Plan plan = plan();
        BenchTable table = new BenchTable(command.commandLine().getErr());
        ServeBench.run(table, plan);
        return table.print(output);
    }

    private ServeBench.Plan plan() {
        int n = rows != null ? rows : quick ? QUICK_ROWS : ServeFigures.ROWS;
        int d = features != null ? features : quick ? QUICK_FEATURES : ServeFigures.FEATURES;
        try {
            return new ServeBench.Plan(n, d, quick ? 1 : ROUNDS, quick ? SHORT_QUIET : QUIET, List.of());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
