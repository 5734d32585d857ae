package dev.lethe.streams.cli.evaluate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.AtomicFiles;
import dev.lethe.streams.publish.Software;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.unlearn.network.ExactReplay;
import dev.lethe.unlearn.network.TrainingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;

/**
 * A replayed network as files: weights, and the manifest that says where they come from.
 *
 * @param forgotten positions that were done without. Not modified.
 */
record ReplayFiles(ModelSpec spec, TrainingPlan plan, ReplayRows rows, BitSet forgotten) {

    /**
     * Writes both, the manifest last.
     *
     * @param equalOrNull whether a training from the start gave the same; null if none was done
     */
    void write(Path folder, ExactReplay replay, ReplayRun run, Boolean equalOrNull) {
        double[] theta = run.replayed().theta();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model", spec.getModelId()).put("dataset", spec.getDataset());
        json.put("kind", "EXACT_REPLAY").put("digest", VersionFiles.digest(spec, theta));
        json.put("rows", rows.size() - forgotten.cardinality()).put("rows_digest", rows.digestWithout(forgotten));
        json.put("rows_forgotten", forgotten.cardinality());
        json.put("order", plan.shuffled() ? "shuffled" : "file");
        json.put("steps", replay.steps()).put("replayed_from", run.replayedFrom());
        json.put("equal_to_training_without", equalOrNull);
        VersionFiles.putModel(json, spec);
        json.put("software", Software.version()).put("platform", Software.platform());
        try {
            AtomicFiles.write(folder.resolve(VersionFiles.WEIGHTS), VersionFiles.weights(spec, theta));
            AtomicFiles.write(folder.resolve(VersionFiles.MANIFEST), VersionFiles.bytes(json));
        } catch (IOException e) {
            throw new LetheException("--out " + folder + " cannot be written (" + e + ")", e);
        }
    }
}
