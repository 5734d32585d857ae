package dev.lethe.streams.cli.evaluate;

import picocli.CommandLine.Command;

/** How well scores and influences predict what a retrained model does, on files; no service is needed. */
@Command(
        name = "evaluate",
        description = "Measures, on files, how well influence and scores predict what a retrained model does.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Example:",
            "  lethe evaluate mislabel --model digits.yaml --samples digits.csv.gz --flip 0.1 --seeds 3 --out out"
        },
        subcommands = {
            ScoresCommand.class,
            LooCommand.class,
            ParametersCommand.class,
            GroupsCommand.class,
            LdsCommand.class,
            MislabelCommand.class,
            MemoriseCommand.class,
            PruneCommand.class,
            ExactReplayCommand.class,
            TeacherCommand.class
        })
public final class EvaluateCommand {}
