package dev.lethe.streams.config;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.NetworkLayer;
import dev.lethe.schemas.NetworkSpec;
import dev.lethe.unlearn.network.Architecture;
import dev.lethe.unlearn.network.Layer;
import dev.lethe.unlearn.network.Limits;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkLoss;
import dev.lethe.unlearn.network.Optimizer;
import dev.lethe.unlearn.network.PatchPlan;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.network.TrainingPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The rules of a network's definition, and the maths' view of it. */
public final class NetworkSpecs {
    private static final String KINDS = "linear, conv2d, relu, tanh, gelu, maxpool, avgpool, flatten, layernorm";

    private NetworkSpecs() {}

    /** Whether the model is a network. */
    public static boolean isNetwork(ModelSpec spec) {
        return spec.getNetwork() != null;
    }

    /** @throws SpecViolation naming the key or layer, the rule and the value */
    static void validate(ModelSpec spec) {
        NetworkSpec network = spec.getNetwork();
        require(spec.getFamily() != ModelFamily.LOGISTIC, "family", "expected softmax or ridge labels of a network");
        require(
                spec.getIntercept() == ModelIntercept.NONE,
                "intercept",
                "expected none: a network's layers have theirs");
        require(spec.getL2() == 0, "l2", "expected none for a network; its section has weightDecay");
        require(spec.getPrivacy() == null, "privacy", "expected none: a network's version is never certified");
        require(
                spec.getValidation() == null,
                "validation",
                "expected none: network.heldOut is the share of a network's samples that is never trained on");
        require(network.getSample() >= 1, "network.sample", "expected at least 1, got " + network.getSample());
        requireShapes(spec, architecture(spec));
        plan(spec);
        patchPlan(spec);
        limits(spec);
        keys(spec);
    }

    private static void requireShapes(ModelSpec spec, Architecture architecture) {
        require(
                architecture.features() == spec.getFeatures(),
                "network.input",
                "expected " + spec.getFeatures() + " values, the features, got " + architecture.features());
        int outputs = spec.getFamily() == ModelFamily.RIDGE
                ? spec.getOutputs()
                : spec.getClasses().size();
        require(
                architecture.outputs() == outputs,
                "network.layers",
                "layer " + (architecture.layers().size() - 1) + ", the last: expected " + outputs
                        + " outputs, one per class or target, got " + architecture.outputs());
    }

    /** The layers. */
    public static Architecture architecture(ModelSpec spec) {
        NetworkSpec network = spec.getNetwork();
        int[] input = network.getInput().stream().mapToInt(Integer::intValue).toArray();
        List<Layer> layers = new ArrayList<>();
        int[] shape = input;
        for (NetworkLayer layer : network.getLayers()) {
            String name = "layer " + layers.size() + " (" + Names.quoted(layer.getKind()) + "): ";
            int[] before = shape;
            Layer made = checked("network.layers", name, () -> layer(layer, before));
            shape = checked("network.layers", name, () -> made.output(before));
            layers.add(made);
        }
        return checked("network.layers", "", () -> new Architecture(input, layers));
    }

    private static Layer layer(NetworkLayer layer, int[] shape) {
        int stride = layer.getStride() == 0 ? 1 : layer.getStride();
        int window = layer.getStride() == 0 ? layer.getKernel() : layer.getStride();
        return switch (layer.getKind()) {
            case "linear" -> new Layer.Linear(flat(shape), layer.getOutputs(), layer.getBias());
            case "conv2d" ->
                new Layer.Conv2d(
                        image(shape),
                        layer.getOutputs(),
                        layer.getKernel(),
                        stride,
                        layer.getPadding(),
                        layer.getBias());
            case "relu" -> new Layer.Relu();
            case "tanh" -> new Layer.Tanh();
            case "gelu" -> new Layer.Gelu();
            case "maxpool" -> new Layer.MaxPool(layer.getKernel(), window);
            case "avgpool" -> new Layer.AvgPool(layer.getKernel(), window);
            case "flatten" -> new Layer.Flatten();
            case "layernorm" -> new Layer.LayerNorm(flat(shape));
            default -> throw new IllegalArgumentException("expected one of " + KINDS);
        };
    }

    private static int flat(int[] shape) {
        if (shape.length != 1) {
            throw new IllegalArgumentException(
                    "expected one dimension, got " + Arrays.toString(shape) + "; put a flatten before it");
        }
        return shape[0];
    }

    private static int image(int[] shape) {
        if (shape.length != 3) {
            throw new IllegalArgumentException(
                    "expected channels x height x width, got " + Arrays.toString(shape) + "; see network.input");
        }
        return shape[0];
    }

    /** Cross-entropy where there are classes, else squared error. */
    public static NetworkLoss loss(ModelSpec spec) {
        return spec.getFamily() == ModelFamily.RIDGE ? NetworkLoss.SQUARED_ERROR : NetworkLoss.CROSS_ENTROPY;
    }

    /** The network at these parameters. @param theta Not modified. */
    public static Network network(ModelSpec spec, double[] theta) {
        return new Network(architecture(spec), loss(spec), theta);
    }

    /** How it is trained. */
    public static TrainingPlan plan(ModelSpec spec) {
        NetworkSpec of = spec.getNetwork();
        return checked(
                "network",
                "",
                () -> new TrainingPlan(
                        of.getOptimizer().equals("sgd")
                                ? new Optimizer.Sgd(of.getRate(), of.getMomentum())
                                : new Optimizer.Adam(of.getRate()),
                        of.getEpochs(),
                        of.getBatch(),
                        of.getSeed(),
                        of.getWeightDecay()));
    }

    /** How it is patched. */
    public static PatchPlan patchPlan(ModelSpec spec) {
        PatchPlan usual = PatchPlan.DEFAULT;
        return checked(
                "network.damping",
                "",
                () -> new PatchPlan(
                        spec.getNetwork().getDamping(),
                        usual.outerSteps(),
                        usual.innerSteps(),
                        usual.innerTolerance(),
                        usual.tolerance()));
    }

    /** How far it may be patched. */
    public static Limits limits(ModelSpec spec) {
        NetworkSpec of = spec.getNetwork();
        return checked(
                "network.limits",
                "",
                () -> new Limits(
                        of.getMaxMembershipAuc(),
                        of.getMaxValidationRise(),
                        of.getMaxPredictionChange(),
                        of.getMaxChanges()));
    }

    /** How its rows are known, and which are held out. */
    public static RowKeys keys(ModelSpec spec) {
        return checked(
                "network.heldOut",
                "",
                () -> new RowKeys(spec.getNetwork().getSeed(), spec.getNetwork().getHeldOut()));
    }

    private static <T> T checked(String key, String where, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new SpecViolation(key, where + e.getMessage());
        }
    }

    private static void require(boolean rule, String key, String otherwise) {
        if (!rule) {
            throw new SpecViolation(key, otherwise);
        }
    }
}
