package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.NetworkEvidence;
import dev.lethe.schemas.VersionKind;

/** What was measured of a network's version, as it stands in manifests and receipts. */
public final class EvidenceJson {
    private EvidenceJson() {}

    /**
     * What a version's kind is called. A network's patch is APPROXIMATE: a word that messages of older releases do not
     * know, so there it is PATCHED with evidence.
     *
     * @param kind may be null
     * @param evidence null unless it is a network's
     */
    public static String kind(VersionKind kind, NetworkEvidence evidence) {
        if (kind == null) {
            return null;
        }
        return kind == VersionKind.PATCHED && evidence != null ? "APPROXIMATE" : kind.name();
    }

    /** Figures that could not be measured are null, not left out. */
    static ObjectNode of(NetworkEvidence evidence) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("certified", false);
        json.put("forget_loss", evidence.getForgetLoss());
        json.put("retained_loss", evidence.getRetainedLoss());
        json.put("validation_loss", evidence.getValidationLoss());
        json.put("validation_accuracy", evidence.getValidationAccuracy());
        json.put("prediction_change", evidence.getPredictionChange());
        json.put("membership_auc", evidence.getMembershipAuc());
        json.put("forgotten", evidence.getForgotten()).put("validation_rows", evidence.getValidationRows());
        json.put("changes_since_refit", evidence.getChangesSinceRefit());
        json.put("prediction_change_since_refit", evidence.getPredictionChangeSinceRefit());
        return json.put("membership_auc_since_refit", evidence.getMembershipAucSinceRefit());
    }
}
