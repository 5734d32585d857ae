package dev.lethe.streams.cli.bench;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a bench that learns digits has them. */
final class MnistOptions {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "../shared/data/mnist",
            description = "Folder with the four IDX files of MNIST, gzipped. Default: ${DEFAULT-VALUE}.")
    private Path data;

    Path folder() {
        return data;
    }
}
