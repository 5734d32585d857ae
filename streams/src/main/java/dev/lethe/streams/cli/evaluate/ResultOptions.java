package dev.lethe.streams.cli.evaluate;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where results go, and what is drawn for them. */
final class ResultOptions {

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for the table as CSV and the picture.")
    private Path out;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    Path folderOrNull() {
        return out;
    }

    long seed() {
        return seed;
    }
}
