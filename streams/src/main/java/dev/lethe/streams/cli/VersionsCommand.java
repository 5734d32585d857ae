package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.publish.EvidenceJson;
import dev.lethe.streams.publish.VersionFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Published versions. */
@Command(
        name = "versions",
        description = "Shows and exports published versions, chooses the champion.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  lethe versions export digits --out digits-latest"},
        subcommands = {
            VersionsCommand.ListAll.class,
            VersionsCommand.Show.class,
            VersionsCommand.Export.class,
            ChampionCommand.Promote.class,
            ChampionCommand.Rollback.class,
            VerifyVersionsCommand.class
        })
final class VersionsCommand {

    @Command(
            name = "list",
            description = "Lists the versions of a model that are still kept, the oldest first.",
            footer = {"", "Example:", "  lethe versions list digits"})
    static final class ListAll extends ClientCommand {
        @Parameters(paramLabel = "MODEL", description = "Model id.")
        private String model;

        @Override
        int run(LetheClient client) {
            ModelCommand.require(client, model);
            var versions = client.versions(model);
            ModelVersion kept = client.championVersions().get(model);
            ModelVersion newest = versions.isEmpty() ? null : versions.get(versions.size() - 1);
            ModelVersion champion = kept == null ? newest : kept;
            var rows = versions.stream()
                    .map(v -> row(v).put("standing", standing(v, champion)))
                    .toList();
            output().list(rows, "no version yet");
            return Lethe.DONE;
        }
    }

    @Command(
            name = "show",
            description = "Shows the manifest of a version.",
            footer = {"", "Example:", "  lethe versions show digits --version-number 12"})
    static final class Show extends ClientCommand {
        @Parameters(paramLabel = "MODEL", description = "Model id.")
        private String model;

        @Option(names = "--version-number", paramLabel = "N", description = "Which one (default: the newest).")
        private Long number;

        @Override
        int run(LetheClient client) {
            ModelSpec spec = ModelCommand.require(client, model);
            output().one(VersionFiles.manifest(version(client, model, number), spec));
            return Lethe.DONE;
        }
    }

    @Command(
            name = "export",
            description = "Writes a version as weights.safetensors and manifest.json.",
            footer = {"", "Example:", "  lethe versions export digits --out digits-latest"})
    static final class Export extends ClientCommand {
        @Parameters(paramLabel = "MODEL", description = "Model id.")
        private String model;

        @Option(names = "--version-number", paramLabel = "N", description = "Which one (default: the newest).")
        private Long number;

        @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder, made where missing.")
        private Path out;

        @Override
        int run(LetheClient client) {
            ModelSpec spec = ModelCommand.require(client, model);
            ModelVersion version = version(client, model, number);
            try {
                VersionFiles.write(out, version, spec);
            } catch (IOException e) {
                throw new LetheException("folder " + out + " cannot be written (" + e + ")", e);
            }
            output().one(row(version).put("out", out.toString()));
            return Lethe.DONE;
        }
    }

    private static String standing(ModelVersion version, ModelVersion champion) {
        return version.getVersion() == champion.getVersion() ? "champion" : version.getCandidate() ? "candidate" : null;
    }

    static ModelVersion version(LetheClient client, String model, Long number) {
        Optional<ModelVersion> found = number == null
                ? Optional.ofNullable(client.latestVersions().get(model))
                : client.version(model, number);
        return found.orElseThrow(() -> new LetheException("model " + model + " has no version "
                + (number == null ? "yet" : number + ": `lethe versions list " + model + "` lists those kept")));
    }

    private static ObjectNode row(ModelVersion version) {
        ObjectNode json = ClientCommand.object();
        json.put("version", version.getVersion())
                .put("kind", EvidenceJson.kind(version.getKind(), version.getEvidence()));
        json.put("rows", version.getRows());
        json.put("residual_bound", version.getResidualBound());
        json.put("residual_measured", version.getResidualMeasured());
        json.put("distance_bound", version.getDistanceBound());
        json.put(
                "accuracy",
                version.getValidation() == null ? null : version.getValidation().getAccuracy());
        json.put("requests", version.getRequests());
        json.put("created_at", Instant.ofEpochMilli(version.getCreatedAt()).toString());
        json.put("digest", version.getDigest());
        return json;
    }
}
