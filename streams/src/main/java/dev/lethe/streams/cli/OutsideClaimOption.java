package dev.lethe.streams.cli;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.attribution.OutsideClaim;
import picocli.CommandLine.Option;

/** What has to be said before a model with a claim gives away something that is under none. */
final class OutsideClaimOption {
    @Option(
            names = "--outside-claim",
            description = "For a model with privacy: it is known that this is under no (epsilon, delta) claim.")
    private boolean known;

    void require(ModelSpec spec) {
        OutsideClaim.require(spec, known);
    }
}
