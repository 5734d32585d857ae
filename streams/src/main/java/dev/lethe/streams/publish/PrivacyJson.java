package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.PrivacyStatement;

/** The (ε, δ) statement of a version, as it stands in manifests and receipts. */
final class PrivacyJson {
    private PrivacyJson() {}

    /** Null where the model asks for no claim. */
    static ObjectNode of(PrivacyStatement statement) {
        if (statement == null) {
            return null;
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("certified", statement.getCertified());
        json.put("epsilon", statement.getEpsilon()).put("delta", statement.getDelta());
        json.put("sigma", statement.getSigma());
        json.put("budget", statement.getBudget()).put("spent", statement.getSpent());
        json.put("remaining", statement.getRemaining());
        json.put("claim_scope", statement.getClaimScope());
        json.put("noise_id", statement.getNoiseId());
        json.put("versions_of_noise", statement.getVersionsOfNoise());
        return json.put("reason_code", statement.getReasonCode()).put("reason", statement.getReason());
    }
}
