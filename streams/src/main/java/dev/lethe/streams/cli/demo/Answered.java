package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.NetworkEvidence;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.EvidenceJson;
import java.time.Duration;
import java.util.Locale;

/**
 * A request's way to its version.
 *
 * @param requestId the request
 * @param samples how many samples it changed
 * @param version the first version that holds it
 * @param kind how that version was made
 * @param residual how exact that version is, or what was measured of it, in words
 * @param time wall-clock from sending the request to its receipt
 */
record Answered(String requestId, long samples, long version, String kind, String residual, Duration time) {

    /**
     * Reads a receipt.
     *
     * @throws LetheException if the request was not applied
     */
    static Answered of(Receipt receipt, String modelId, Duration time) {
        ModelReceipt model = receipt.getModels().stream()
                .filter(m -> m.getModelId().equals(modelId))
                .findFirst()
                .orElse(null);
        if (receipt.getStatus() != ReceiptStatus.APPLIED || model == null || model.getVersion() == null) {
            throw new LetheException(
                    "request " + receipt.getRequestId() + " of the demo: expected APPLIED in a version of "
                            + modelId + ", got " + receipt.getStatus() + " (" + receipt.getReason()
                            + "); this should not happen, please report it");
        }
        return new Answered(
                receipt.getRequestId(),
                receipt.getApplied(),
                model.getVersion(),
                String.valueOf(EvidenceJson.kind(model.getKind(), model.getEvidence())),
                residual(model),
                time);
    }

    private static String residual(ModelReceipt model) {
        NetworkEvidence evidence = model.getEvidence();
        if (evidence != null) {
            return String.format(
                    Locale.ROOT,
                    "held-out loss %.3f, predictions moved by %.4f",
                    evidence.getValidationLoss(),
                    evidence.getPredictionChange());
        }
        if (model.getResidualMeasured() != null) {
            return String.format(Locale.ROOT, "residual %.1e, measured", model.getResidualMeasured());
        }
        return model.getResidualBound() == null
                ? "residual not known"
                : String.format(Locale.ROOT, "residual <= %.1e, proven", model.getResidualBound());
    }

    /** One line for people. */
    String line() {
        return String.format(
                Locale.ROOT,
                "%-10s %2d %-7s -> version %-3d %-8s %8s  %s",
                requestId,
                samples,
                samples == 1 ? "sample" : "samples",
                version,
                kind,
                ResultTable.millis(time),
                residual);
    }
}
