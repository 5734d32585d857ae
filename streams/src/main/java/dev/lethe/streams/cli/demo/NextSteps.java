package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelSpec;
import java.util.ArrayList;
import java.util.List;

/** What to try after the demo. Every command line here is parsed by a test. */
final class NextSteps {

    private NextSteps() {}

    /** Commands against the service that {@code demo --keep} leaves running. */
    static List<String> commands(ModelSpec model) {
        return List.of(
                "./lethe versions list " + model.getModelId(),
                "./lethe request delete --dataset " + model.getDataset() + " --subjects subject-07",
                "./lethe versions export " + model.getModelId() + " --out exported");
    }

    /** The closing lines. */
    static List<String> lines(boolean keep, ModelSpec model) {
        List<String> lines = new ArrayList<>();
        if (keep) {
            lines.add("The service goes on running; Ctrl-C stops it. Try, in another terminal:");
            commands(model).forEach(command -> lines.add("  " + command));
        } else {
            lines.add("What to try next:");
            lines.add("  ./lethe demo --keep       the same, and the service goes on running for your own requests");
            lines.add("  ./lethe replay --help     your own model, samples and requests, as files");
            lines.add("  ./lethe serve --help      the same service against your own Kafka");
        }
        return lines;
    }
}
