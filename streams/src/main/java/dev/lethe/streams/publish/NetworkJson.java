package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;

/** A network's definition in a manifest: what its tensors mean, and what a training depends on. */
final class NetworkJson {
    private NetworkJson() {}

    static ObjectNode of(NetworkSpec spec) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        spec.getInput().forEach(json.putArray("input")::add);
        var layers = json.putArray("layers");
        spec.getLayers().forEach(layer -> layers.add(layer(layer)));
        json.put("optimizer", spec.getOptimizer()).put("rate", spec.getRate());
        json.put("momentum", spec.getMomentum()).put("weight_decay", spec.getWeightDecay());
        json.put("epochs", spec.getEpochs()).put("batch", spec.getBatch()).put("seed", spec.getSeed());
        json.put("held_out", spec.getHeldOut()).put("damping", spec.getDamping());
        ObjectNode limits = json.putObject("limits");
        limits.put("membership_auc", spec.getMaxMembershipAuc());
        limits.put("validation_rise", spec.getMaxValidationRise());
        limits.put("prediction_change", spec.getMaxPredictionChange());
        limits.put("changes", spec.getMaxChanges());
        return json;
    }

    private static ObjectNode layer(NetworkLayer layer) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("kind", layer.getKind());
        putSize(json, "outputs", layer.getOutputs());
        putSize(json, "kernel", layer.getKernel());
        putSize(json, "stride", layer.getStride());
        putSize(json, "padding", layer.getPadding());
        if (!layer.getBias()) {
            json.put("bias", false);
        }
        return json;
    }

    private static void putSize(ObjectNode json, String name, int size) {
        if (size > 0) {
            json.put(name, size);
        }
    }
}
