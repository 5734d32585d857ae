package dev.lethe.streams.metrics;

import dev.lethe.schemas.ModelVersion;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the newest version of each model says of itself. A label per model is only given to the first {@value #LABELS}
 * models of a process: with thousands, read the versions topic.
 */
final class ModelGauges {
    static final int LABELS = 100;

    private final MeterRegistry registry;
    private final Map<String, Newest> models = new ConcurrentHashMap<>();

    ModelGauges(MeterRegistry registry) {
        this.registry = registry;
    }

    private static final class Newest {
        private volatile ModelVersion version;
        private volatile double champion = Double.NaN;
        private volatile double championHoldsErased = Double.NaN;
    }

    void published(ModelVersion version) {
        Newest newest = models.get(version.getModelId());
        if (newest == null && models.size() < LABELS) {
            newest = register(version.getModelId());
        }
        if (newest != null) {
            // Not the whole version: its parameters would be kept as well.
            ModelVersion light = new ModelVersion();
            light.put("version", version.getVersion());
            light.put("residualBound", version.getResidualBound());
            light.put("residualMeasured", version.getResidualMeasured());
            light.put("privacy", version.getPrivacy());
            newest.version = light;
        }
    }

    void champion(String model, long version, boolean holdsErased) {
        Newest newest = models.get(model);
        if (newest == null && models.size() < LABELS) {
            newest = register(model);
        }
        if (newest != null) {
            newest.champion = version;
            newest.championHoldsErased = holdsErased ? 1 : 0;
        }
    }

    /** The model is in another process now, which knows its champion. */
    void left(String model) {
        Newest newest = models.get(model);
        if (newest != null) {
            newest.champion = Double.NaN;
            newest.championHoldsErased = Double.NaN;
        }
    }

    private Newest register(String model) {
        Newest newest = models.computeIfAbsent(model, key -> new Newest());
        gauge("lethe.model.version", "Number of the newest version", model, newest, v -> (double) v.getVersion());
        gauge(
                "lethe.model.residual.bound",
                "Proven bound on the gradient norm of the newest version; NaN: none",
                model,
                newest,
                ModelVersion::getResidualBound);
        gauge(
                "lethe.model.residual.measured",
                "Gradient norm of the newest version as a pass measured it; NaN: not measured",
                model,
                newest,
                ModelVersion::getResidualMeasured);
        gauge(
                "lethe.model.privacy.budget.left.ratio",
                "Part of the privacy budget that is left; NaN: the model makes no claim",
                model,
                newest,
                v -> v.getPrivacy() == null
                        ? null
                        : v.getPrivacy().getRemaining() / v.getPrivacy().getBudget());
        Gauge.builder("lethe.model.champion.version", newest, n -> n.champion)
                .description("Number of the version that is the champion")
                .tag("model", model)
                .register(registry);
        Gauge.builder("lethe.model.champion.holds.erased", newest, n -> n.championHoldsErased)
                .description("1: the champion was made before data that has been erased since")
                .tag("model", model)
                .register(registry);
        return newest;
    }

    private interface Reading {
        Double of(ModelVersion version);
    }

    private void gauge(String name, String description, String model, Newest newest, Reading reading) {
        Gauge.builder(name, newest, n -> value(n.version, reading))
                .description(description)
                .tag("model", model)
                .register(registry);
    }

    private static double value(ModelVersion version, Reading reading) {
        Double value = version == null ? null : reading.of(version);
        return value == null ? Double.NaN : value;
    }
}
