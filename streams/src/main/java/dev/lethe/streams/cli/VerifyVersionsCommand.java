package dev.lethe.streams.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.publish.ArtifactChain;
import dev.lethe.streams.publish.ArtifactChain.Finding;
import dev.lethe.streams.publish.LocalStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
                        + " service. Exit code 1 if anything does not fit.",
        footer = {"", "Example:", "  lethe versions verify digits --store .lethe/artifacts"})
final class VerifyVersionsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "Model id.")
    private String model;

    @Option(names = "--store", paramLabel = "DIR", required = true, description = "Folder of the artifact store.")
    private Path folder;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        List<Finding> findings = verify();
        output.list(findings.stream().map(VerifyVersionsCommand::row).toList(), "no version of " + model + " there");
        return findings.stream().allMatch(f -> f.problem() == null) ? Lethe.DONE : Lethe.FAILED;
    }

    private List<Finding> verify() {
        if (!Files.isDirectory(folder)) {
            throw new LetheException("store " + folder + ": expected a folder, there is none");
        }
        try (LocalStore store = new LocalStore(folder)) {
            return ArtifactChain.verify(store, model);
        } catch (IOException e) {
            throw new LetheException("store " + folder + " cannot be read (" + e + ")", e);
        }
    }

    private static ObjectNode row(Finding finding) {
        return ClientCommand.object()
                .put("version", finding.version())
                .put("checked", finding.problem() == null ? "good" : "bad")
                .put("problem", finding.problem());
    }
}
