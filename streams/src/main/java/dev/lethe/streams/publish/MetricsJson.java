package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ValidationMetrics;

/** Validation metrics as JSON. */
final class MetricsJson {
    private MetricsJson() {}

    /** Null where there are none. */
    static ObjectNode of(ValidationMetrics metrics) {
        return metrics == null
                ? null
                : JsonNodeFactory.instance
                        .objectNode()
                        .put("rows", metrics.getRows())
                        .put("loss", metrics.getLoss())
                        .put("accuracy", metrics.getAccuracy());
    }
}
