package dev.lethe.streams.cli;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.LetheService;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the service until it is stopped. */
@Command(
        name = "serve",
        description = "Runs the service until it is stopped. Without bootstrap.servers in the configuration it starts a"
                + " Kafka broker of its own.",
        footer = {"", "Example:", "  lethe serve --config lethe.yaml"})
final class ServeCommand implements Callable<Integer> {
    private static final String LOG_FILE = "lethe.log";

    @Spec
    private CommandSpec command;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Configuration as YAML; variables LETHE_* win over it.")
    private Path config;

    @Option(names = "--help-config", description = "Print every setting with its meaning and default, and exit.")
    private boolean helpConfig;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        if (helpConfig) {
            out.print(Settings.reference());
            out.flush();
            return Lethe.DONE;
        }
        ServiceConfig settings = ServiceConfig.load(Optional.ofNullable(config), System.getenv());
        Path logFile = settings.dataDir().resolve(LOG_FILE);
        Logging.toFile(logFile);
        PrintWriter err = command.commandLine().getErr();
        LetheService service = LetheService.serve(settings, reason -> {
            err.println("lethe: " + reason);
            err.flush();
        });
        Runtime.getRuntime().addShutdownHook(new Thread(service::close, "lethe-stop"));
        String http = service.httpUrl().map(url -> ", HTTP: " + url).orElse("");
        out.println("Lethe is ready. Kafka: " + service.bootstrapServers() + ", prefix: " + settings.prefix() + http
                + ", log: " + logFile + ". Stop with Ctrl-C.");
        out.flush();
        service.awaitStopped();
        service.failure().ifPresent(reason -> {
            throw new LetheException(reason + "; log: " + logFile);
        });
        return Lethe.DONE;
    }
}
