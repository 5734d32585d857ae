package dev.lethe.streams.cli.evaluate;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Of models on random subsets of the rows. */
public final class SubsetOptions {

    @Option(
            names = "--models",
            paramLabel = "N",
            defaultValue = "50",
            description = "Models in all, those of --state included (default: ${DEFAULT-VALUE}).")
    private int models;

    @Option(
            names = "--fraction",
            paramLabel = "A",
            defaultValue = "0.7",
            description = "Part of the rows in each subset (default: ${DEFAULT-VALUE}).")
    private double fraction;

    @Option(
            names = "--state",
            paramLabel = "FILE",
            description = "Counts so far: written after every model, and gone on from if it is there.")
    private Path state;

    /** Whether the counts are to outlive this run. */
    public boolean keepsState() {
        return state != null;
    }

    /** @throws dev.lethe.streams.LetheException if an option is out of range */
    public SubsetModels models(long seed) {
        return new SubsetModels(models, fraction, seed, state);
    }
}
