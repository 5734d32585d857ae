package dev.lethe.streams.config;

import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.SchemaSafety;
import dev.lethe.streams.config.Yaml.Node;
import dev.lethe.unlearn.network.Limits;
import dev.lethe.unlearn.network.PatchPlan;
import java.util.List;
import java.util.Map;

/**
 * The section {@code network} of a model file:
 *
 * <pre>
 * network:
 *   input: [1, 28, 28]            # default: [features]
 *   layers: [{conv2d: 8, kernel: 3, padding: 1}, relu, {maxpool: 2}, flatten, {linear: 32}, tanh, {linear: 10}]
 *                                 # also avgpool, gelu, layernorm; conv2d: stride; linear and conv2d: bias: false
 *   optimizer: adam               # adam (default) | sgd, with momentum
 *   rate: 0.001
 *   epochs: 30
 *   batch: 64
 *   seed: 0                       # of first parameters, order, and who is held out
 *   weightDecay: 0
 *   heldOut: 0.1                  # share of the samples that is never trained on: evidence is measured on them
 *   sample: 512                   # rows kept for patches, and for evidence
 *   damping: 0.01                 # of a patch
 *   limits: {membershipAuc: 0.6, validationRise: 0.25, predictionChange: 0.1, changes: 0.1}
 * </pre>
 */
final class NetworkSection {
    static {
        // A builder that fills in a default lets Avro decode, and it takes its limits with the first message.
        SchemaSafety.install();
    }

    static final List<String> KEYS = List.of(
            "input",
            "layers",
            "optimizer",
            "rate",
            "momentum",
            "epochs",
            "batch",
            "seed",
            "weightDecay",
            "heldOut",
            "sample",
            "damping",
            "limits");
    private static final List<String> LIMIT_KEYS =
            List.of("membershipAuc", "validationRise", "predictionChange", "changes");
    private static final List<String> LAYER_KEYS = List.of("kernel", "stride", "padding", "bias");

    private NetworkSection() {}

    /** @param features of the model: the shape of a sample where the section names none */
    static NetworkSpec read(Section section, int features) {
        List<Integer> input = section.integers("input");
        NetworkSpec.Builder spec = NetworkSpec.newBuilder()
                .setInput(input.isEmpty() ? List.of(features) : input)
                .setLayers(section.items("layers").stream()
                        .map(NetworkSection::layer)
                        .toList())
                .setOptimizer(section.word("optimizer", "adam", Map.of("adam", "adam", "sgd", "sgd")))
                .setRate(section.decimal("rate", 1e-3))
                .setMomentum(section.decimal("momentum", 0))
                .setEpochs(section.integer("epochs", 30))
                .setBatch(section.integer("batch", 64))
                .setSeed(section.integer("seed", 0))
                .setWeightDecay(section.decimal("weightDecay", 0))
                .setHeldOut(section.decimal("heldOut", 0.1))
                .setSample(section.integer("sample", 512))
                .setDamping(section.decimal("damping", PatchPlan.DEFAULT.damping()));
        limits(spec, section.section("limits", LIMIT_KEYS));
        return spec.build();
    }

    private static void limits(NetworkSpec.Builder spec, Section section) {
        Limits absent = Limits.DEFAULT;
        boolean none = section == null;
        spec.setMaxMembershipAuc(
                        none ? absent.membershipAuc() : section.decimal("membershipAuc", absent.membershipAuc()))
                .setMaxValidationRise(
                        none ? absent.validationRise() : section.decimal("validationRise", absent.validationRise()))
                .setMaxPredictionChange(
                        none
                                ? absent.predictionChange()
                                : section.decimal("predictionChange", absent.predictionChange()))
                .setMaxChanges(none ? absent.changes() : section.decimal("changes", absent.changes()));
    }

    /** A word, or a section whose first key is the kind. */
    private static NetworkLayer layer(Node node) {
        if (node instanceof Node.Scalar scalar && scalar.text() != null) {
            return NetworkLayer.newBuilder().setKind(scalar.text()).build();
        }
        if (!(node instanceof Node.Mapping mapping) || mapping.entries().isEmpty()) {
            throw new SpecViolation("network.layers", "expected a layer such as relu or {linear: 32}");
        }
        String kind = mapping.entries().keySet().iterator().next();
        List<String> known = new java.util.ArrayList<>(LAYER_KEYS);
        known.add(kind);
        Section section = new Section("network.layers.", mapping, known);
        boolean window = kind.endsWith("pool");
        return NetworkLayer.newBuilder()
                .setKind(kind)
                .setOutputs(window ? 0 : section.integer(kind, 0))
                .setKernel(window ? section.integer(kind, null) : section.integer("kernel", 0))
                .setStride(section.integer("stride", 0))
                .setPadding(section.integer("padding", 0))
                .setBias(section.word("bias", "true", Map.of("true", true, "false", false)))
                .build();
    }
}
