package dev.lethe.streams.cli.demo;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.LetheException;
import dev.lethe.streams.LetheService;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.cli.Logging;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lethe demo}: the whole service on real data, in one process, in under a minute. */
@Command(
        name = "demo",
        description = "Trains a model on handwritten digits, repairs wrong labels and deletes subjects as a stream of"
                + " requests, and compares every outcome with a model retrained from scratch.",
        footer = {"", "Example:", "  lethe demo --model network"})
public final class DemoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    /** What can be shown. */
    private enum Kind {
        softmax,
        network
    }

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "softmax",
            description = "One of: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). The network is a perceptron,"
                    + " 64-64-10.")
    private Kind kind;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "With --model network: a folder with the IDX files of MNIST, gzipped; the network is then"
                    + " a small CNN of 4 000 of its images.")
    private Path images;

    @Option(names = "--keep", description = "Leave the service running afterwards, on the default port, until Ctrl-C.")
    private boolean keep;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = ".lethe/demo",
            description = "Where the broker and the service keep their data (default: ${DEFAULT-VALUE})."
                    + " Emptied at the start if an earlier demo made it.")
    private Path dataDir;

    @Override
    public Integer call() throws InterruptedException {
        long start = System.nanoTime();
        DemoOutput out = new DemoOutput(spec.commandLine().getOut(), DemoOutput.isTerminal());
        Subject subject = subject();
        out.line("Lethe demo: %s of handwritten digits is kept in step with its training data.", subject.name);
        DemoDirectory.prepare(dataDir);
        Path log = dataDir.resolve("lethe.log");
        Logging.toFile(log);
        ServiceConfig config = config();
        LetheService service = LetheService.start(config);
        try {
            out.line(
                    "Kafka broker (%s) and service run in this process, started in %s; data and log are in %s.",
                    service.bootstrapServers(), DemoOutput.seconds(since(start)), dataDir);
            if (keep) {
                Runtime.getRuntime().addShutdownHook(new Thread(service::close, "lethe-stop"));
            }
            run(service, config, out, subject);
            out.blank();
            out.line("Done in %s.", DemoOutput.seconds(since(start)));
            NextSteps.lines(keep, subject.model).forEach(out::line);
            return keep ? hold(service, log) : Lethe.DONE;
        } finally {
            // With --keep the shutdown hook closes it, also after a failure; closing from two threads would race.
            if (!keep) {
                service.close();
            }
        }
    }

    private ServiceConfig config() {
        Map<String, String> settings = new HashMap<>();
        settings.put("data.dir", dataDir.toString());
        // A pass over so few rows costs less than sending its sums, once per shard; two still show that they add up.
        settings.put("shards", "2");
        if (!keep) {
            // Nobody else has to find this broker; with --keep the other commands do, at the default port.
            settings.put("local.port", "0");
        }
        return ServiceConfig.of(settings);
    }

    /** What is shown, and what it is held against. */
    private record Subject(String name, ModelSpec model, DemoData data, Comparison comparison) {}

    private Subject subject() {
        if (kind == Kind.softmax) {
            if (images != null) {
                throw new ParameterException(spec.commandLine(), "--data goes with --model network only");
            }
            DemoData data = DemoData.prepare(Digits.read(), Digits.CLASSES, DemoPlan.STANDARD);
            return new Subject("a softmax model", Digits.model(), data, new LinearComparison(data));
        }
        ModelSpec model = images == null ? DemoNetworks.perceptron() : DemoNetworks.convolutional();
        DemoData data = images == null
                ? DemoData.prepare(Digits.read(), Digits.CLASSES, DemoPlan.STANDARD)
                : DemoData.prepare(DemoNetworks.images(images), Digits.CLASSES, DemoPlan.IMAGES);
        return new Subject("a neural network", model, data, new NetworkComparison(model, data));
    }

    private static void run(LetheService service, ServiceConfig config, DemoOutput out, Subject subject) {
        ClientSettings settings = ClientSettings.of(service.bootstrapServers(), config.prefix());
        try (LetheClient client =
                LetheClient.connect(settings, service::failure).follow(From.BEGINNING)) {
            DemoRiver river = new DemoRiver(client, out, subject.model);
            new DemoRun(river, out, subject.data, subject.model, subject.comparison).run();
        }
    }

    private static int hold(LetheService service, Path log) throws InterruptedException {
        service.awaitStopped();
        service.failure().ifPresent(reason -> {
            throw new LetheException(reason + "; log: " + log);
        });
        return Lethe.DONE;
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
