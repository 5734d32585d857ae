package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.SampleScores;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.attribution.AttributionJson;
import dev.lethe.streams.attribution.Ranking;
import dev.lethe.streams.client.LetheClient;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which scores of a running service are shown, and how many. */
final class RankingOptions {
    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Model id.")
    private String model;

    @Option(
            names = "--by",
            paramLabel = "SCORE",
            defaultValue = "el2n",
            description =
                    "loss, el2n, grand, margin, self-influence, leverage or loo-loss, or what `lethe scores compute`"
                            + " made: memorisation, el2n-epochs, prototype (default: ${DEFAULT-VALUE}, which found wrong labels best on MNIST and"
                            + " the digits: `lethe evaluate mislabel` measures it).")
    private String by;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "Samples at most (default: ${DEFAULT-VALUE}).")
    private int top;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long to wait for scores of the published version; 0: show those there are (default:"
                    + " ${DEFAULT-VALUE}).")
    private int wait;

    @Mixin
    private OutsideClaimOption outsideClaim;

    /** Refuses wrong arguments. */
    void check(ClientCommand command) {
        try {
            Ranking.of(by);
        } catch (IllegalArgumentException e) {
            throw command.usage("--by: " + e.getMessage());
        }
        if (top < 1) {
            throw command.usage("--top: expected at least 1, got " + top);
        }
    }

    Ranking by() {
        return Ranking.of(by);
    }

    /** What to do where no sample has the score. */
    String whereFrom() {
        return by().isComputed()
                ? "no sample has it: `lethe scores compute --model " + model + " --score " + by + "`"
                : "no sample has it: a model without classes or without a factor has only some";
    }

    int top() {
        return top;
    }

    ModelSpec model(LetheClient client) {
        return ModelCommand.require(client, model);
    }

    /** Scores of the published version, or whatever there is. */
    List<SampleScores> read(LetheClient client, ModelSpec spec) {
        if (wait > 0) {
            outsideClaim.require(spec);
            client.attributions().refresh(spec.getModelId(), Duration.ofSeconds(wait));
        }
        List<SampleScores> all = client.attributions().scores(spec.getDataset(), spec.getModelId());
        if (all.isEmpty()) {
            throw new LetheException("model " + model + " has no scores: `lethe scores refresh --model " + model + "`");
        }
        return all;
    }

    static List<ObjectNode> rows(List<SampleScores> ranked) {
        return ranked.stream().map(AttributionJson::scores).toList();
    }
}
