package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.Receipt;
import java.time.Instant;
import java.util.Objects;

/** Receipts as JSON. */
public final class ReceiptJson {

    private ReceiptJson() {}

    /** A receipt where there is one model: its version, or null if there is none. */
    public static ObjectNode of(Receipt receipt) {
        ObjectNode json = object();
        json.put("request_id", receipt.getRequestId());
        json.put("status", receipt.getStatus().name());
        json.put(
                "version",
                receipt.getModels().stream()
                        .map(ModelReceipt::getVersion)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null));
        json.put("applied", receipt.getApplied());
        json.put("unknown", receipt.getUnknown());
        json.put("already_erased", receipt.getAlreadyErased());
        json.put("refused", receipt.getRefused());
        json.put("reason_code", receipt.getReasonCode());
        json.put("reason", receipt.getReason());
        return json;
    }

    /** The same with the request's coordinates and what each model made of it. */
    public static ObjectNode detailed(Receipt receipt) {
        ObjectNode json = of(receipt);
        json.put("dataset", receipt.getDataset()).put("type", receipt.getType().name());
        json.put("topic", receipt.getTopic());
        json.put("partition", receipt.getPartition()).put("offset", receipt.getOffset());
        json.put("requested_at", Instant.ofEpochMilli(receipt.getRequestTime()).toString());
        json.put("answered_at", Instant.ofEpochMilli(receipt.getReceiptTime()).toString());
        var models = json.putArray("models");
        receipt.getModels().forEach(model -> models.add(model(model)));
        return json;
    }

    /** A line of an event file that is no event. */
    public static ObjectNode badLine(long line, String reasonCode, String reason) {
        return object().put("line", line).put("reason_code", reasonCode).put("reason", reason);
    }

    private static ObjectNode model(ModelReceipt model) {
        ObjectNode json = object().put("model", model.getModelId()).put("version", model.getVersion());
        json.put("digest", model.getDigest());
        json.put("kind", EvidenceJson.kind(model.getKind(), model.getEvidence()));
        json.put("residual_bound", model.getResidualBound());
        json.put("residual_measured", model.getResidualMeasured());
        json.put("distance_bound", model.getDistanceBound());
        json.set("privacy", PrivacyJson.of(model.getPrivacy()));
        if (model.getEvidence() != null) {
            json.set("evidence", EvidenceJson.of(model.getEvidence()));
        }
        return json.put("reason_code", model.getReasonCode()).put("reason", model.getReason());
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
