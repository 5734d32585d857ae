package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.ArrayList;
import java.util.List;

/** Brings a network in service from one version to the next: a patch for a batch of changes, and what is measured of it. */
public final class MicroBatch {

    /** What came of it. */
    public sealed interface Outcome {

        /**
         * A next version, if its evidence is within the limits.
         *
         * @param network the patched one; the old one if no training row changed
         * @param products with the curvature
         */
        record Patched(Network network, Evidence evidence, int forgotten, int products) implements Outcome {}

        /** No patch: a refit is due. */
        record Refused(String reason) implements Outcome {}
    }

    private MicroBatch() {}

    /**
     * Patches. Rows that were changed leave the samples before anything is computed, also where the patch is then refused.
     *
     * @param network the present version. Not modified.
     * @param kept of the present version. Modified: of the next one after this.
     */
    public static Outcome apply(Network network, KeptRows kept, List<KeyedChange> changes, PatchPlan plan) {
        kept.forget(changes);
        List<KeyedChange> training = changes.stream().filter(kept::trains).toList();
        Network after = network;
        int products = 0;
        if (!training.isEmpty()) {
            PatchOutcome outcome = Patch.of(
                    network,
                    training.stream().map(KeyedChange::change).toList(),
                    kept.curvatureSample(),
                    kept.trainingRows(),
                    plan,
                    null);
            if (outcome instanceof PatchOutcome.Refused refused) {
                return new Outcome.Refused(refused.reason());
            }
            PatchOutcome.Patched patched = (PatchOutcome.Patched) outcome;
            after = patched.network();
            products = patched.products();
        }
        kept.learn(after, changes);
        List<Row> forgotten = forgotten(training);
        return new Outcome.Patched(after, measure(network, after, forgotten, kept), forgotten.size(), products);
    }

    /** The old rows of the changes of training rows among these. */
    public static List<Row> forgotten(KeptRows kept, List<KeyedChange> changes) {
        return forgotten(changes.stream().filter(kept::trains).toList());
    }

    private static List<Row> forgotten(List<KeyedChange> training) {
        List<Row> rows = new ArrayList<>();
        for (KeyedChange change : training) {
            if (change.forgets()) {
                rows.add(change.change().before());
            }
        }
        return rows;
    }

    /** What is measured of a version against the one before, on what is kept of it. */
    public static Evidence measure(Network before, Network after, List<Row> forgotten, KeptRows kept) {
        return Evidence.of(before, after, forgotten, kept.retainedSample(), kept.validationSample());
    }
}
