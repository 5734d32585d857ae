package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PromotionSpec;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.ValidationSpec;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.follow.Following;
import dev.lethe.streams.follow.ModelFollower;
import dev.lethe.streams.follow.ServedModel;
import dev.lethe.streams.publish.MlflowServer;
import dev.lethe.streams.publish.S3Server;
import dev.lethe.unlearn.validation.Holdout;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gate, an operator and followers on a real service with several shards, over a restart. */
class ChampionIT {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final double FRACTION = 0.25;

    @TempDir
    private Path folder;

    private final int mlflowPort = freePort();

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ServiceConfig config(S3Server s3) {
        Map<String, String> settings = new HashMap<>(s3.settings("it"));
        settings.putAll(Map.of(
                "data.dir", folder.resolve("data").toString(),
                "local.port", "0",
                "http.port", "0",
                "shards", "3",
                "settle.quiet.ms", "3600000",
                "mlflow.url", "http://127.0.0.1:" + mlflowPort));
        return ServiceConfig.of(settings);
    }

    private static ModelSpec gated() {
        return ModelSpec.newBuilder(dev.lethe.streams.Stream.model("m"))
                .setValidation(new ValidationSpec(FRACTION))
                .setPromote(new PromotionSpec(0.05, null))
                .build();
    }

    @Test
    void shouldServeTheChampionWhileACandidateWaits() throws Exception {
        List<Sample> samples = new dev.lethe.streams.Stream(5).samples(160, 40);
        long validation = samples.stream()
                .filter(s -> new Holdout(FRACTION).contains(s.getSampleId()))
                .count();
        ModelVersion waiting;
        S3Server s3 = new S3Server(Files.createDirectory(folder.resolve("s3")));
        try (var service = LetheService.serve(config(s3));
                var client = connect(service)) {
            client.awaitConsumed(client.putSamples(samples, 1_000), WAIT);
            client.putModel(gated(), 2_000);
            assertThat(client.awaitVersion("m", 1, WAIT).getValidation().getRows())
                    .isEqualTo(validation);
            waiting = spoil(client, samples);
        }
        // Store and registry were away while the first service ran.
        try (s3;
                var mlflow = new MlflowServer(mlflowPort);
                var service = LetheService.serve(config(s3));
                var client = connect(service)) {
            long champion = client.championVersions().get("m").getVersion();
            assertThat(champion).isLessThan(waiting.getVersion());
            var settings = ClientSettings.of(service.bootstrapServers(), "lethe");
            await().atMost(WAIT)
                    .untilAsserted(
                            () -> assertThat(get(service, "/health/ready")).contains("artifacts: ", "s3://models/it/"));
            s3.start();
            var store = s3.store("it");
            try (var newest = ModelFollower.follow(settings, "m");
                    var inline = ModelFollower.follow(settings, "m", Following.CHAMPION);
                    var stored = ModelFollower.follow(settings, "m", Following.CHAMPION, store)) {
                shouldServe(newest, waiting.getVersion());
                shouldServe(inline, champion);
                shouldServe(stored, champion);
                shouldTell(service, waiting.getVersion(), champion);
                shouldRegister(mlflow, waiting.getVersion(), champion);

                assertThat(lethe(service, "versions", "promote", "m")).contains("PROMOTED");
                shouldServe(inline, waiting.getVersion());
                shouldServe(stored, waiting.getVersion());

                assertThat(lethe(service, "versions", "rollback", "m", "--to", Long.toString(champion)))
                        .contains("PROMOTED");
                shouldServe(inline, champion);
                shouldServe(stored, champion);
                shouldServe(newest, waiting.getVersion());
                shouldTell(service, waiting.getVersion(), champion);
                shouldRegister(mlflow, waiting.getVersion(), champion);
            }
            Path file = Files.writeString(folder.resolve("s3.yaml"), "artifacts.s3.endpoint: " + s3.endpoint() + "\n");
            assertThat(run("versions", "verify", "m", "--store", s3.address("it"), "--config", file.toString()))
                    .contains("good")
                    .doesNotContain("bad");
            assertThat(lethe(service, "versions", "list", "m")).contains("champion", "candidate");
            assertThat(lethe(service, "versions", "rollback", "m", "--to", Long.toString(champion)))
                    .contains("NOT_OLDER");
        }
    }

    private static LetheClient connect(LetheService service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }

    /** Exchanges the labels of most training rows. */
    private static ModelVersion spoil(LetheClient client, List<Sample> samples) {
        List<Relabelling> wrong = samples.stream()
                .filter(s -> !new Holdout(FRACTION).contains(s.getSampleId()))
                .limit(100)
                .map(s -> new Relabelling(s.getSampleId(), other(s.getLabel(), samples)))
                .toList();
        var sent = client.send(new RelabelRequest("spoil", samples.get(0).getDataset(), wrong, null, null));
        long held = client.awaitReceipt(sent, WAIT).receipt().getModels().get(0).getVersion();
        ModelVersion version = client.version("m", held).orElseThrow();
        assertThat(version.getCandidate()).as("%s", version.getValidation()).isTrue();
        return version;
    }

    private static String other(String label, List<Sample> samples) {
        return samples.stream()
                .map(Sample::getLabel)
                .filter(l -> !l.equals(label))
                .findFirst()
                .orElseThrow();
    }

    private static void shouldServe(ModelFollower follower, long version) {
        await().atMost(WAIT)
                .untilAsserted(() ->
                        assertThat(follower.current().map(ServedModel::version)).hasValue(version));
    }

    private static void shouldRegister(MlflowServer mlflow, long newest, long champion) {
        await().atMost(WAIT).untilAsserted(() -> {
            assertThat(mlflow.registered("m")).hasSize((int) newest).doesNotHaveDuplicates();
            assertThat(mlflow.alias("m", "unlearned-candidate")).isEqualTo(Long.toString(newest));
            assertThat(mlflow.alias("m", "champion")).isEqualTo(Long.toString(champion));
        });
    }

    private static void shouldTell(LetheService service, long newest, long champion) {
        await().atMost(WAIT).untilAsserted(() -> {
            assertThat(get(service, "/v1/models/m"))
                    .contains("\"newest\":{\"version\":" + newest)
                    .contains("\"champion\":{\"version\":" + champion);
        });
    }

    private static String get(LetheService service, String path) throws Exception {
        URI uri = URI.create(service.httpUrl().orElseThrow() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    private static String lethe(LetheService service, String... args) {
        return run(Stream.concat(Stream.of(args), Stream.of("--bootstrap", service.bootstrapServers()))
                .toArray(String[]::new));
    }

    private static String run(String... args) {
        StringWriter out = new StringWriter();
        Lethe.commandLine().setOut(new PrintWriter(out)).execute(args);
        return out.toString();
    }
}
