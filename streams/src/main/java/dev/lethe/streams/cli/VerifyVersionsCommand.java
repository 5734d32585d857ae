package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.publish.ArtifactChain;
import dev.lethe.streams.publish.ArtifactChain.Finding;
import dev.lethe.streams.publish.ArtifactStore;
import dev.lethe.streams.publish.S3Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks the files of a model's versions; needs no running service. */
@Command(
        name = "verify",
        description =
                "Computes every digest in an artifact store again and checks the chain of versions. Needs no running"
                        + " service. Exit code 1 if anything does not fit, or there is nothing to check.",
        footer = {
            "",
            "Example:",
            "  lethe versions verify digits --store .lethe/artifacts",
            "  lethe versions verify digits --store s3://models/lethe"
        })
final class VerifyVersionsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "Model id.")
    private String model;

    @Option(
            names = "--store",
            paramLabel = "STORE",
            required = true,
            description = "The artifact store: a folder, or s3://BUCKET/PREFIX.")
    private String address;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "The service's configuration file: the endpoint and region of S3 are taken from there, else from"
                            + " the variables LETHE_ARTIFACTS_S3_ENDPOINT and LETHE_ARTIFACTS_S3_REGION.")
    private Path config;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        List<Finding> findings = verify();
        if (findings.isEmpty()) {
            throw new LetheException("store " + address + " has no version of model " + model
                    + ": nothing was checked; is it the right store?");
        }
        output.list(findings.stream().map(VerifyVersionsCommand::row).toList(), "nothing was checked");
        return findings.stream().allMatch(f -> f.problem() == null) ? Lethe.DONE : Lethe.FAILED;
    }

    private List<Finding> verify() {
        if (!address.startsWith(S3Store.SCHEME) && !Files.isDirectory(Path.of(address))) {
            throw new LetheException("store " + address + ": expected a folder, there is none");
        }
        ServiceConfig service = ServiceConfig.load(Optional.ofNullable(config), System.getenv());
        try (ArtifactStore store = service.stores().open(address)) {
            return ArtifactChain.verify(store, model);
        } catch (IOException e) {
            throw new LetheException("store " + address + " cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static ObjectNode row(Finding finding) {
        return ClientCommand.object()
                .put("version", finding.version())
                .put("checked", finding.problem() == null ? "good" : "bad")
                .put("problem", finding.problem());
    }
}
