package dev.lethe.streams.config;

import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.LearnedFrom;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.schemas.RowNorm;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.ValidationSpec;
import dev.lethe.streams.config.Yaml.Node;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.format.ModelWeights;
import dev.lethe.unlearn.network.NetworkWeights;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A model definition as YAML:
 *
 * <pre>
 * id: digits
 * dataset: digits
 * family: softmax                # ridge | logistic | softmax | network
 * classes: ["0", "1", "2"]       # order = rows of the weights; logistic: the second is positive; ridge: absent
 * features: 64                   # without the constant
 * outputs: 1                     # ridge only
 * intercept: free                # none (default) | penalised | free
 * l2: 1.797                      # total, for the sum objective
 * transform: {subtract: 0, divide: 16, rowNorm: none, learnedFrom: none}
 *                                # extractor: FILE.pt|FILE.onnx, sha256: …, input: [1, 28, 28] run a frozen network
 * settle: auto                   # auto (default) | each-batch | never
 * privacy: {epsilon: 1, delta: 1e-4, sigma: 10, maxVersionsPerNoise: 1000}
 * initial: weights.safetensors   # relative to this file
 * validation: {fraction: 0.1}    # of the samples, by a hash of their id: never trained on
 * promote: {maxAccuracyDrop: 0.01, maxLossRise: 0.05}   # without it the newest version is the champion
 * </pre>
 *
 * <p>A network has no intercept, l2 or privacy, and a section {@code network} ({@link NetworkSection}). With classes it is
 * trained by cross-entropy, without by squared error.
 */
public final class ModelFile {
    private static final List<String> KEYS = List.of(
            "id",
            "dataset",
            "family",
            "classes",
            "features",
            "outputs",
            "intercept",
            "l2",
            "transform",
            "settle",
            "privacy",
            "initial",
            "validation",
            "promote",
            "network");
    private static final List<String> TRANSFORM_KEYS =
            List.of("subtract", "divide", "rowNorm", "learnedFrom", "extractor", "sha256", "input");
    private static final List<String> PRIVACY_KEYS = List.of("epsilon", "delta", "sigma", "maxVersionsPerNoise");

    private static final List<String> VALIDATION_KEYS = List.of("fraction");
    private static final List<String> PROMOTE_KEYS = List.of("maxAccuracyDrop", "maxLossRise");
    private static final String NETWORK = "network";

    private ModelFile() {}

    /**
     * Reads and checks a definition.
     *
     * @throws FileFormatException naming file, line, key, rule and value
     */
    public static ModelSpec read(Path file) {
        Node.Mapping root = Yaml.read(file);
        try {
            Section section = new Section("", root, KEYS);
            ModelSpec.Builder builder = spec(section, file);
            ModelSpec spec = Specs.validated(builder.build());
            String initial = section.text("initial", null);
            return initial == null
                    ? spec
                    : builder.setInitial(initial(spec, file, initial)).build();
        } catch (SpecViolation e) {
            throw new FileFormatException(file + ": line " + line(root, e.key()), e.getMessage());
        }
    }

    private static ModelSpec.Builder spec(Section section, Path file) {
        return ModelSpec.newBuilder()
                .setModelId(section.text("id"))
                .setDataset(section.text("dataset"))
                .setFamily(family(section))
                .setClasses(section.texts("classes"))
                .setFeatures(section.integer("features", null))
                .setOutputs(section.integer("outputs", 1))
                .setIntercept(section.word("intercept", "none", words(ModelIntercept.values())))
                .setL2(isNetwork(section) ? section.decimal("l2", 0) : section.decimal("l2"))
                .setTransform(transform(section.section("transform", TRANSFORM_KEYS), file))
                .setSettle(section.word("settle", "auto", words(SettlePolicy.values())))
                .setPrivacy(privacy(section.section("privacy", PRIVACY_KEYS)))
                .setValidation(validation(section.section("validation", VALIDATION_KEYS)))
                .setPromote(promote(section.section("promote", PROMOTE_KEYS)))
                .setNetwork(network(section));
    }

    private static boolean isNetwork(Section section) {
        return NETWORK.equals(section.text("family"));
    }

    /** Of a network that of its labels. */
    private static ModelFamily family(Section section) {
        Map<String, ModelFamily> words = new HashMap<>(words(ModelFamily.values()));
        words.put(NETWORK, section.texts("classes").isEmpty() ? ModelFamily.RIDGE : ModelFamily.SOFTMAX);
        return section.word("family", null, words);
    }

    private static NetworkSpec network(Section section) {
        Section network = section.section(NETWORK, NetworkSection.KEYS);
        if (isNetwork(section) != (network != null)) {
            throw new SpecViolation(NETWORK, "expected this section for family network, and for no other");
        }
        return network == null ? null : NetworkSection.read(network, section.integer("features", null));
    }

    private static FeatureTransform transform(Section section, Path file) {
        if (section == null) {
            return null;
        }
        String extractor = section.text("extractor", null);
        return FeatureTransform.newBuilder()
                .setSubtract(section.decimals("subtract"))
                .setDivide(section.decimals("divide"))
                .setRowNorm(section.word("rowNorm", "none", words(RowNorm.values())))
                .setLearnedFrom(section.word("learnedFrom", "none", words(LearnedFrom.values())))
                .setExtractorFile(
                        extractor == null
                                ? null
                                : sibling(file, "transform.extractor", extractor)
                                        .toString())
                .setExtractorSha256(section.text("sha256", null))
                .setExtractorInput(section.integers("input"))
                .build();
    }

    private static Path sibling(Path file, String key, String name) {
        try {
            return file.toAbsolutePath().resolveSibling(name).normalize();
        } catch (InvalidPathException e) {
            throw new SpecViolation(key, "expected a path, got " + Names.quoted(name));
        }
    }

    private static PrivacySpec privacy(Section section) {
        return section == null
                ? null
                : PrivacySpec.newBuilder()
                        .setEpsilon(section.decimal("epsilon"))
                        .setDelta(section.decimal("delta"))
                        .setSigma(section.decimal("sigma"))
                        .setMaxVersionsPerNoise(section.integer("maxVersionsPerNoise", 1000))
                        .build();
    }

    private static ValidationSpec validation(Section section) {
        return section == null ? null : new ValidationSpec(section.decimal("fraction"));
    }

    private static PromotionSpec promote(Section section) {
        return section == null
                ? null
                : new PromotionSpec(section.optionalDecimal("maxAccuracyDrop"), section.optionalDecimal("maxLossRise"));
    }

    private static ByteBuffer initial(ModelSpec spec, Path file, String initial) {
        Path weights = sibling(file, "initial", initial);
        return Doubles.toBuffer(
                NetworkSpecs.isNetwork(spec)
                        ? NetworkWeights.read(weights, NetworkSpecs.architecture(spec))
                        : ModelWeights.read(weights, Specs.objective(spec)));
    }

    /** "each-batch" for EACH_BATCH. */
    private static <T extends Enum<T>> Map<String, T> words(T[] values) {
        return Arrays.stream(values)
                .collect(Collectors.toMap(
                        v -> v.name().toLowerCase(Locale.ROOT).replace('_', '-'), Function.identity()));
    }

    /** The line of a key; of the section, or of the file, where the key itself is absent. */
    private static int line(Node.Mapping mapping, String key) {
        String[] parts = key.split("\\.", 2);
        Node node = mapping.entries().get(parts[0]);
        if (node == null) {
            return mapping.line();
        }
        return parts.length == 2 && node instanceof Node.Mapping section ? line(section, parts[1]) : node.line();
    }
}
