package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.deploy.MetricNames;
import dev.lethe.streams.follow.ModelFollower;
import dev.lethe.streams.follow.ServedModel;
import dev.lethe.streams.publish.ArtifactChain;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions of a real service as files, through a store that is out of reach for a while; and its HTTP side. */
class PublishIT {
    private static final Duration WAIT = StoredService.WAIT;

    @TempDir
    private Path folder;

    @Test
    void shouldPublishEveryVersionOnceItsStoreCanBeReached() throws Exception {
        try (var stored = new StoredService(folder, Map.of("shards", "2"))) {
            var client = stored.client();
            List<Sample> samples = new Stream(3).samples(60, 20);
            client.awaitConsumed(client.putSamples(samples, 1_000), WAIT);
            client.putModel(Stream.model("m"), 2_000);
            client.awaitVersion("m", 1, WAIT);
            await().atMost(WAIT)
                    .untilAsserted(() -> assertThat(stored.get("/health/ready"))
                            .contains(
                                    "\"status\":\"UP\"",
                                    "artifacts: ",
                                    stored.folder().toString()));

            long held = stored.deleted(Stream.DATASET, samples.get(0).getSampleId());
            assertThat(held).as("the stream does not wait for the store").isGreaterThan(1);

            stored.mendStore();
            try (var inline = ModelFollower.follow(stored.settings(), "m");
                    var fromStore = ModelFollower.follow(stored.settings(), "m", stored.store())) {
                shouldFollow(client, inline);
                shouldFollow(client, fromStore);
            }
            shouldHaveAll(stored.store(), client, held);
            await().atMost(WAIT)
                    .untilAsserted(() ->
                            assertThat(stored.get("/health/ready")).isEqualTo("{\"status\":\"UP\",\"warnings\":[]}"));
            shouldMeasure(stored);
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
        assertThat(manifest.path("factor").asText())
                .as("the curvature that made it")
                .isEqualTo(client.versions("m").get((int) atLeast - 1).getFactorDigest())
                .hasSize(64);
    }

    private static void shouldMeasure(StoredService service) throws Exception {
        String metrics = service.get("/metrics");
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
