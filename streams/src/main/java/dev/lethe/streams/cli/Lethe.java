package dev.lethe.streams.cli;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.bench.BenchCommand;
import dev.lethe.streams.cli.demo.DemoCommand;
import dev.lethe.streams.cli.evaluate.EvaluateCommand;
import dev.lethe.streams.cli.replay.ReplayCommand;
import dev.lethe.unlearn.format.FileFormatException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line. Exit codes: 0 done, 1 failed, 2 usage, 3 done with something left to do. */
@Command(
        name = "lethe",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = VersionProvider.class,
        usageHelpAutoWidth = true,
        description = "Keeps trained models in step with their training data: deletions and corrections in, patched"
                + " model versions out.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            ServeCommand.class,
            ReplayCommand.class,
            ModelCommand.class,
            SamplesCommand.class,
            RequestCommand.class,
            VersionsCommand.class,
            ScoresCommand.class,
            SuspectsCommand.class,
            InfluenceCommand.class,
            FactorsCommand.class,
            TopicsCommand.class,
            SelfTestCommand.class,
            EvaluateCommand.class,
            CompletionCommand.class,
            BenchCommand.class
        })
public final class Lethe {
    /** Done. */
    public static final int DONE = 0;
    /** Failed. */
    public static final int FAILED = 1;
    /** Wrong usage. */
    public static final int USAGE = 2;
    /** Done, and something is left to do: a target was missed. */
    public static final int TO_DO = 3;

    private boolean verbose;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Log what happens to stderr, and print the whole trace of an error.")
    void verbose(boolean on) {
        verbose = on;
        if (on) {
            Logging.verbose();
        }
    }

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /** The parser with all commands. */
    public static CommandLine commandLine() {
        Lethe lethe = new Lethe();
        return new CommandLine(lethe)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExitCodeExceptionMapper(e -> e instanceof CommandLine.ParameterException ? USAGE : FAILED)
                .setExecutionExceptionHandler(lethe.errors());
    }

    private IExecutionExceptionHandler errors() {
        return (e, command, parsed) -> {
            PrintWriter err = command.getErr();
            err.println("lethe: " + message(e));
            if (verbose) {
                e.printStackTrace(err);
            }
            err.flush();
            return FAILED;
        };
    }

    private String message(Exception e) {
        boolean expected = e instanceof LetheException || e instanceof FileFormatException;
        return expected
                ? e.getMessage()
                : "unexpected " + e.getClass().getSimpleName()
                        + (verbose ? "" : " (run again with --verbose for the whole trace): " + e.getMessage());
    }
}
