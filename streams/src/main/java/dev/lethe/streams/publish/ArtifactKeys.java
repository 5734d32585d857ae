package dev.lethe.streams.publish;

import java.util.Locale;

/**
 * Where what lies in a store.
 *
 * <pre>
 *  MODEL/versions/NUMBER.json        which artifact a version is; written last
 *  MODEL/artifacts/NAME/             weights.safetensors, delta.safetensors, manifest.json
 *  MODEL/graphs/DIGEST.onnx
 *  MODEL/weights/DIGEST.safetensors  of versions whose record refers to them
 * </pre>
 */
final class ArtifactKeys {
    private ArtifactKeys() {}

    static String index(String model, long version) {
        return indexes(model) + String.format(Locale.ROOT, "%019d.json", version);
    }

    static String indexes(String model) {
        return model + "/versions/";
    }

    static String file(String model, String artifact, String name) {
        return model + "/artifacts/" + artifact + "/" + name;
    }

    static String weights(String model, String digest) {
        return model + "/weights/" + digest + ".safetensors";
    }

    static String graph(String model, String digest) {
        return model + "/graphs/" + digest + ".onnx";
    }
}
