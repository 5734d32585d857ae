package dev.lethe.streams.publish;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.format.OnnxModel;
import dev.lethe.unlearn.format.WeightsDelta;
import dev.lethe.unlearn.network.NetworkGraph;
import java.io.IOException;

/**
 * A version as immutable files, named by the SHA-256 of its manifest, which in turn holds the digests of the other files
 * and the name of the artifact before: who has the newest name can check the whole chain.
 *
 * @param name SHA-256 (hex) of the manifest
 * @param weights the weights file
 * @param delta what leads from the parent's weights to these; null: the parent is not at hand
 * @param manifest JSON
 * @param graph the ONNX model, shared by all versions; null for a network, which has none
 */
record Artifact(String name, byte[] weights, byte[] delta, byte[] manifest, byte[] graph) {
    /** Name of the delta file. */
    static final String DELTA = "delta.safetensors";
    /** Name of the ONNX model where it is exported. */
    static final String GRAPH = "model.onnx";

    private static final String FORMAT = "lethe.artifact/1";

    /**
     * The version before, as far as it is in the store.
     *
     * @param name of its artifact
     * @param digest SHA-256 of its weights file
     * @param weights that file
     */
    record Parent(String name, String digest, byte[] weights) {}

    /**
     * The files of a version; the same for the same arguments.
     *
     * @param requestTopic where the coordinates of the requests point
     * @param graph the ONNX model of the definition
     * @param parent null: there is none, or it is not in the store
     */
    static Artifact of(
            ModelVersion version, ModelSpec spec, String requestTopic, byte[] weights, byte[] graph, Parent parent)
            throws IOException {
        byte[] delta = parent != null && parent.digest.equals(version.getParentDigest())
                ? WeightsDelta.between(parent.weights, weights)
                : null;
        ObjectNode json = VersionFiles.manifest(version, spec);
        json.put("format", FORMAT);
        json.put("parent_artifact", delta == null ? null : parent.name);
        putRequests(json, version, requestTopic);
        ObjectNode files = json.putObject("files");
        putFile(files, VersionFiles.WEIGHTS, weights);
        if (delta != null) {
            putFile(files, DELTA, delta).put("base", version.getParentDigest());
        }
        json.putObject("graph")
                .put("sha256", ModelWeights.digest(graph))
                .put("bytes", graph.length)
                .put("opset", OnnxModel.OPSET);
        byte[] manifest = VersionFiles.bytes(json);
        return new Artifact(ModelWeights.digest(manifest), weights, delta, manifest, graph);
    }

    /** The ONNX model of a definition. */
    static byte[] graph(ModelSpec spec) {
        return NetworkSpecs.isNetwork(spec)
                ? NetworkGraph.of(
                        NetworkSpecs.architecture(spec), Specs.mapper(spec), spec.getClasses(), VersionFiles.WEIGHTS)
                : OnnxModel.of(Specs.mapper(spec), spec.getClasses(), VersionFiles.WEIGHTS);
    }

    /** Coordinates and a count, no ids: a request's id is the caller's own and may say whom it was about. */
    private static void putRequests(ObjectNode json, ModelVersion version, String topic) {
        ObjectNode requests = json.putObject("requests").put("count", version.getRequests());
        ArrayNode coordinates = requests.putArray("coordinates");
        for (int i = 0; i < version.getRequestOffsets().size(); i++) {
            long offset = version.getRequestOffsets().get(i);
            if (offset >= 0) {
                coordinates.add(topic + "-" + version.getRequestPartitions().get(i) + "@" + offset);
            }
        }
    }

    private static ObjectNode putFile(ObjectNode files, String name, byte[] content) {
        return files.putObject(name).put("sha256", ModelWeights.digest(content)).put("bytes", content.length);
    }
}
