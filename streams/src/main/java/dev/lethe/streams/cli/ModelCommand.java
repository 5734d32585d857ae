package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ModelFile;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.publish.EvidenceJson;
import dev.lethe.streams.topology.ModelRules;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Model definitions. */
@Command(
        name = "model",
        description = "Defines models and shows them.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe model put digits.yaml"},
        subcommands = {ModelCommand.Put.class, ModelCommand.ListAll.class, ModelCommand.Show.class})
final class ModelCommand {

    @Command(
            name = "put",
            description = "Defines a model: it is fitted to its dataset and then follows it. A definition is immutable;"
                    + " other settings are a new id.",
            footer = {"", "Example:", "  lethe model put digits.yaml --wait 120"})
    static final class Put extends ClientCommand {
        @Parameters(paramLabel = "MODEL.yaml", description = "The definition.")
        private Path file;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "60", description = WAIT)
        private int wait;

        @Override
        int run(LetheClient client) {
            ModelSpec spec = ModelFile.read(file);
            ModelRules.check(spec).ifPresent(reason -> {
                throw new LetheException(reason);
            });
            ModelSpec known = client.models().get(spec.getModelId());
            if (known != null && !known.equals(spec)) {
                throw new LetheException("model " + spec.getModelId() + " exists with another definition, and a"
                        + " definition is immutable: choose another id (`lethe model show` prints the present one)");
            }
            if (known == null) {
                client.follow(From.NOW);
                client.putModel(spec, System.currentTimeMillis());
            }
            if (known == null && wait > 0) {
                client.awaitVersion(spec.getModelId(), 1, seconds(wait));
            }
            output().one(summary(
                    spec, Optional.ofNullable(client.latestVersions().get(spec.getModelId()))));
            return Lethe.DONE;
        }
    }

    @Command(
            name = "list",
            description = "Lists the models.",
            footer = {"", "Example:", "  lethe model list --output json"})
    static final class ListAll extends ClientCommand {
        @Override
        int run(LetheClient client) {
            Map<String, ModelVersion> versions = client.latestVersions();
            var rows = client.models().values().stream()
                    .map(spec -> summary(spec, Optional.ofNullable(versions.get(spec.getModelId()))))
                    .toList();
            output().list(rows, "no models; define one with `lethe model put`");
            return Lethe.DONE;
        }
    }

    @Command(
            name = "show",
            description = "Shows a model's definition.",
            footer = {"", "Example:", "  lethe model show digits"})
    static final class Show extends ClientCommand {
        @Parameters(paramLabel = "MODEL", description = "Model id.")
        private String model;

        @Override
        int run(LetheClient client) {
            ModelSpec spec = require(client, model);
            ObjectNode json =
                    summary(spec, Optional.ofNullable(client.latestVersions().get(model)));
            spec.getClasses().forEach(json.putArray("classes")::add);
            json.put("outputs", spec.getOutputs());
            json.put(
                    "transform",
                    spec.getTransform() == null ? null : spec.getTransform().toString());
            json.put(
                    "privacy",
                    spec.getPrivacy() == null ? null : spec.getPrivacy().toString());
            json.put("initial", spec.getInitial() != null);
            json.put(
                    "network",
                    spec.getNetwork() == null ? null : spec.getNetwork().toString());
            output().one(json);
            return Lethe.DONE;
        }
    }

    /** The model, or an error that says how to find the ids. */
    static ModelSpec require(LetheClient client, String model) {
        return Optional.ofNullable(client.models().get(model))
                .orElseThrow(() ->
                        new LetheException("model " + model + " is unknown: `lethe model list` lists the models"));
    }

    private static ObjectNode summary(ModelSpec spec, Optional<ModelVersion> latest) {
        ObjectNode json = ClientCommand.object();
        json.put("model", spec.getModelId()).put("dataset", spec.getDataset());
        json.put("family", Specs.family(spec)).put("features", spec.getFeatures());
        json.put("intercept", word(spec.getIntercept())).put("l2", spec.getL2());
        json.put("settle", word(spec.getSettle()));
        json.put("version", latest.map(ModelVersion::getVersion).orElse(null));
        json.put(
                "kind",
                latest.map(v -> EvidenceJson.kind(v.getKind(), v.getEvidence())).orElse(null));
        json.put("rows", latest.map(ModelVersion::getRows).orElse(null));
        return json;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
