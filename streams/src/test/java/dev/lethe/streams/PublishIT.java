package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.deploy.MetricNames;
import dev.lethe.streams.follow.ModelFollower;
import dev.lethe.streams.follow.ServedModel;
import dev.lethe.streams.publish.ArtifactChain;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions of a real service as files, through a store that is out of reach for a while; and its HTTP side. */
class PublishIT {
    private static final Duration WAIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    private String get(LetheService service, String path) throws Exception {
        URI uri = URI.create(service.httpUrl().orElseThrow() + path);
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void shouldPublishEveryVersionOnceItsStoreCanBeReached() throws Exception {
        Path store = folder.resolve("store");
        Files.writeString(store, "a file where the folder should be");
        var config = ServiceConfig.of(Map.of(
                "data.dir", folder.resolve("data").toString(),
                "local.port", "0",
                "http.port", "0",
                "shards", "2",
                "artifacts.store", store.toString()));
        try (var service = LetheService.serve(config);
                var client = LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                        .follow(From.NOW)) {
            var stream = new Stream(3);
            List<Sample> samples = stream.samples(60, 20);
            client.awaitConsumed(client.putSamples(samples, 1_000), WAIT);
            client.putModel(Stream.model("m"), 2_000);
            client.awaitVersion("m", 1, WAIT);
            await().atMost(WAIT)
                    .untilAsserted(() -> assertThat(get(service, "/health/ready"))
                            .contains("\"status\":\"UP\"", "artifacts: ", store.toString()));

            var sent = client.send(new DeleteRequest(
                    "r1", Stream.DATASET, List.of(samples.get(0).getSampleId()), List.of(), null, null));
            long held =
                    client.awaitReceipt(sent, WAIT).receipt().getModels().get(0).getVersion();
            assertThat(held).as("the stream does not wait for the store").isGreaterThan(1);

            Files.delete(store);
            var settings = ClientSettings.of(service.bootstrapServers(), "lethe");
            try (var inline = ModelFollower.follow(settings, "m");
                    var fromStore = ModelFollower.follow(settings, "m", new LocalStore(store))) {
                shouldFollow(client, inline);
                shouldFollow(client, fromStore);
            }
            shouldHaveAll(new LocalStore(store), client, held);
            await().atMost(WAIT)
                    .untilAsserted(() ->
                            assertThat(get(service, "/health/ready")).isEqualTo("{\"status\":\"UP\",\"warnings\":[]}"));
            shouldMeasure(service);
        }
    }

    /** Until it serves the newest version there is. */
    private static void shouldFollow(LetheClient client, ModelFollower follower) {
        await().atMost(WAIT).untilAsserted(() -> {
            ModelVersion newest = client.latestVersions().get("m");
            assertThat(follower.staleness().problem()).isEmpty();
            assertThat(follower.current().map(ServedModel::digest)).hasValue(newest.getDigest());
        });
    }

    private static void shouldHaveAll(LocalStore store, LetheClient client, long atLeast) throws Exception {
        ArtifactReader reader = new ArtifactReader(store);
        await().atMost(WAIT)
                .untilAsserted(() -> assertThat(reader.newest("m").orElse(0)).isGreaterThanOrEqualTo(atLeast));
        assertThat(ArtifactChain.verify(store, "m"))
                .hasSizeGreaterThanOrEqualTo((int) atLeast)
                .allSatisfy(f -> assertThat(f.problem()).isNull());
        for (ModelVersion version : client.versions("m")) {
            if (version.getVersion() <= atLeast) {
                assertThat(reader.entry("m", version.getVersion()).orElseThrow().digest())
                        .isEqualTo(version.getDigest());
            }
        }
        var manifest =
                reader.manifest("m", reader.entry("m", atLeast).orElseThrow().artifact());
        assertThat(manifest.path("requests").path("coordinates").get(0).asText())
                .isEqualTo("lethe.requests-0@0");
    }

    private void shouldMeasure(LetheService service) throws Exception {
        String metrics = get(service, "/metrics");
        assertThat(metrics)
                .contains("lethe_requests_total{outcome=\"applied\",type=\"delete\"} 1.0")
                .contains("lethe_request_duration_seconds_bucket")
                .contains("lethe_versions_total{kind=");
        assertThat(MetricNames.used())
                .as("names in deploy/ that nothing exports")
                .isNotEmpty()
                .isSubsetOf(MetricNames.exported(metrics));
    }
}
