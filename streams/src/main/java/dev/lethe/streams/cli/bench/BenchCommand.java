package dev.lethe.streams.cli.bench;

import picocli.CommandLine.Command;

/** Benchmarks that carry their own yardstick. */
@Command(
        name = "bench",
        description = {
            "Measures this machine's part of the promises, each as a ratio to work timed in the same run.",
            "Exit code 3: a target was missed."
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe bench core --quick"},
        subcommands = {
            CoreCommand.class,
            StreamCommand.class,
            ScaleCommand.class,
            FollowCommand.class,
            ArtifactsCommand.class,
            ServeBenchCommand.class,
            NetworkCommand.class,
            AttributionCommand.class
        })
public final class BenchCommand {}
