package dev.lethe.streams.config;

import dev.lethe.schemas.FeatureTransform;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.FileFormatException;
import dev.lethe.unlearn.network.Extractors;
import dev.lethe.unlearn.network.NetworkException;
import dev.lethe.unlearn.network.RowKeys;
import dev.lethe.unlearn.objective.Extractor;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Intercept;
import dev.lethe.unlearn.objective.Labels;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.RowMapper;
import dev.lethe.unlearn.objective.Transform;
import dev.lethe.unlearn.validation.Holdout;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** The rules of a model definition, whether it came as a file or as a message, and the maths' view of it. */
public final class Specs {
    private static final int MAX_PARAMETERS = 1 << 24;

    private Specs() {}

    /**
     * Refuses a definition that breaks a rule.
     *
     * @return the definition itself
     * @throws SpecViolation naming the key, the rule and the value
     */
    public static ModelSpec validated(ModelSpec spec) {
        requireName("id", spec.getModelId());
        requireName("dataset", spec.getDataset());
        requireClasses(spec);
        requireOutputs(spec);
        if (NetworkSpecs.isNetwork(spec)) {
            NetworkSpecs.validate(spec);
        } else {
            requireL2(spec);
        }
        if (spec.getPrivacy() != null) {
            requirePrivacy(spec.getPrivacy());
        }
        requireGate(spec);
        RowMapper mapper = mapper(spec);
        requireInitial(
                spec,
                NetworkSpecs.isNetwork(spec)
                        ? NetworkSpecs.architecture(spec).parameters()
                        : mapper.objective().parameters());
        return spec;
    }

    /** The objective of a model; of a network only the shape of its rows, as its mapper makes them. */
    public static Objective objective(ModelSpec spec) {
        int outputs = switch (spec.getFamily()) {
            case RIDGE -> spec.getOutputs();
            case LOGISTIC -> 1;
            case SOFTMAX -> spec.getClasses().size();
        };
        return new Objective(
                Family.valueOf(spec.getFamily().name()),
                spec.getFeatures(),
                outputs,
                Intercept.valueOf(spec.getIntercept().name()),
                // A convex objective has a penalty, and this one is never minimised.
                NetworkSpecs.isNetwork(spec) ? 1 : spec.getL2());
    }

    /** What a model is called: a network's labels have a family of their own. */
    public static String family(ModelSpec spec) {
        return NetworkSpecs.isNetwork(spec)
                ? "network"
                : spec.getFamily().name().toLowerCase(Locale.ROOT);
    }

    /** What turns raw samples into rows of a model. */
    public static RowMapper mapper(ModelSpec spec) {
        try {
            Objective objective = objective(spec);
            return new RowMapper(objective, Labels.of(objective, spec.getClasses()), transform(spec.getTransform()));
        } catch (SpecViolation e) {
            throw e;
        } catch (IllegalArgumentException e) {
            // The maths names its keys as the definition does: "transform.divide: expected ...".
            String[] keyAndRule = e.getMessage().split(": ", 2);
            throw new SpecViolation(keyAndRule[0], keyAndRule[keyAndRule.length - 1]);
        }
    }

    private static Transform transform(FeatureTransform transform) {
        return transform == null
                ? Transform.NONE
                : new Transform(
                        array(transform.getSubtract()),
                        array(transform.getDivide()),
                        Transform.RowNorm.valueOf(transform.getRowNorm().name()),
                        Transform.LearnedFrom.valueOf(transform.getLearnedFrom().name()),
                        extractor(transform));
    }

    /** Opens the file, which has to have the digest that the definition names. */
    private static Extractor extractor(FeatureTransform transform) {
        String file = transform.getExtractorFile();
        String digest = transform.getExtractorSha256();
        if (file == null) {
            boolean rest = digest != null || !transform.getExtractorInput().isEmpty();
            require(!rest, "transform.extractor", "expected a file with sha256 and input, got none");
            return null;
        }
        boolean hexadecimal = digest != null && digest.matches("[0-9a-f]{64}");
        require(hexadecimal, "transform.sha256", "expected 64 hexadecimal digits, lower case, beside an extractor");
        try {
            return Extractors.open(Path.of(file), digest, transform.getExtractorInput());
        } catch (FileFormatException | NetworkException | InvalidPathException e) {
            throw new SpecViolation("transform.extractor", e.getMessage());
        }
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static void requireName(String key, String value) {
        if (!Names.isName(value)) {
            throw new SpecViolation(key, "expected " + Names.RULE + ", got " + Names.quoted(value));
        }
    }

    private static void requireClasses(ModelSpec spec) {
        int count = spec.getClasses().size();
        switch (spec.getFamily()) {
            case RIDGE -> require(count == 0, "classes", "expected none for ridge, got " + count);
            case LOGISTIC -> require(count == 2, "classes", "expected exactly 2 for logistic, got " + count);
            case SOFTMAX -> require(count >= 2, "classes", "expected at least 2 for softmax, got " + count);
        }
        require(!spec.getClasses().contains(""), "classes", "expected texts or numbers, got an empty one");
    }

    private static void requireOutputs(ModelSpec spec) {
        int outputs = spec.getOutputs();
        boolean ridge = spec.getFamily() == ModelFamily.RIDGE;
        require(spec.getFeatures() >= 1, "features", "expected at least 1, got " + spec.getFeatures());
        require(outputs >= 1, "outputs", "expected at least 1, got " + outputs);
        require(ridge || outputs == 1, "outputs", "expected 1 or none unless the family is ridge, got " + outputs);
        long rows = Math.max(outputs, spec.getClasses().size());
        require(
                rows * (spec.getFeatures() + 1L) <= MAX_PARAMETERS,
                "features",
                "expected at most " + MAX_PARAMETERS + " parameters in all, got " + rows + " x "
                        + (spec.getFeatures() + 1L));
    }

    private static void requireL2(ModelSpec spec) {
        double l2 = spec.getL2();
        require(Double.isFinite(l2) && l2 >= 0, "l2", "expected a finite number of at least 0, got " + l2);
        require(
                l2 > 0 || spec.getFamily() == ModelFamily.RIDGE,
                "l2",
                "expected more than 0 unless the family is ridge, got " + l2);
    }

    private static void requirePrivacy(PrivacySpec privacy) {
        double epsilon = privacy.getEpsilon();
        double delta = privacy.getDelta();
        double sigma = privacy.getSigma();
        require(epsilon > 0 && epsilon <= 1, "privacy.epsilon", "expected 0 < epsilon <= 1, got " + epsilon);
        require(delta > 0 && delta < 1, "privacy.delta", "expected 0 < delta < 1, got " + delta);
        long versions = privacy.getMaxVersionsPerNoise();
        require(versions >= 1, "privacy.maxVersionsPerNoise", "expected at least 1, got " + versions);
        require(sigma > 0 && Double.isFinite(sigma), "privacy.sigma", "expected a finite number above 0, got " + sigma);
    }

    private static void requireGate(ModelSpec spec) {
        if (spec.getValidation() != null) {
            double fraction = spec.getValidation().getFraction();
            require(
                    fraction > 0 && fraction <= 0.5,
                    "validation.fraction",
                    "expected 0 < fraction <= 0.5, got " + fraction);
        }
        PromotionSpec promote = spec.getPromote();
        if (promote == null) {
            return;
        }
        Double drop = promote.getMaxAccuracyDrop();
        Double rise = promote.getMaxLossRise();
        require(
                drop == null || spec.getFamily() != ModelFamily.RIDGE,
                "promote.maxAccuracyDrop",
                "expected none for ridge, which has no classes: use maxLossRise");
        require(drop == null || drop >= 0 && drop <= 1, "promote.maxAccuracyDrop", "expected 0 to 1, got " + drop);
        require(
                rise == null || rise >= 0 && Double.isFinite(rise),
                "promote.maxLossRise",
                "expected a finite number of at least 0, got " + rise);
        require(
                spec.getValidation() != null || drop == null && rise == null,
                "promote",
                "expected a section validation beside it: the metrics are taken on its rows");
    }

    /** Which samples the model keeps back from training. */
    public static Holdout holdout(ModelSpec spec) {
        return spec.getValidation() == null
                ? Holdout.NONE
                : new Holdout(spec.getValidation().getFraction());
    }

    /** Whether a sample, by its id, is one to train on: neither kept back for validation nor held out by a network. */
    public static Predicate<String> trainedOn(ModelSpec spec) {
        if (NetworkSpecs.isNetwork(spec)) {
            RowKeys keys = NetworkSpecs.keys(spec);
            return id -> !keys.heldOut(keys.of(id));
        }
        Holdout holdout = holdout(spec);
        return id -> !holdout.contains(id);
    }

    private static void requireInitial(ModelSpec spec, int parameters) {
        if (spec.getInitial() == null) {
            return;
        }
        int bytes = spec.getInitial().remaining();
        int expected = parameters * Double.BYTES;
        require(bytes == expected, "initial", "expected " + expected + " bytes of float64, got " + bytes);
        for (double value : Doubles.toArray(spec.getInitial())) {
            require(Double.isFinite(value), "initial", "expected finite numbers, got " + value);
        }
    }

    private static void require(boolean rule, String key, String otherwise) {
        if (!rule) {
            throw new SpecViolation(key, otherwise);
        }
    }
}
