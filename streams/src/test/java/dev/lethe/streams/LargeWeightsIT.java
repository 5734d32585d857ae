package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.follow.ModelFollower;
import dev.lethe.streams.follow.ServedModel;
import dev.lethe.streams.publish.ArtifactChain;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.format.ModelWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model whose weights are too large for a record, and a store that is away at first. */
class LargeWeightsIT {
    private static final Duration WAIT = StoredService.WAIT;
    private static final int FEATURES = 300;
    private static final int CLASSES = 10;

    @TempDir
    private Path folder;

    private final Random random = new Random(8);

    private static ModelSpec large() {
        return ModelSpec.newBuilder()
                .setModelId("large")
                .setDataset("wide")
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(IntStream.range(0, CLASSES).mapToObj(k -> "c" + k).toList())
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(2)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    private List<Sample> rows() {
        List<Sample> rows = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            double[] x = random.doubles(FEATURES, -0.1, 0.1).toArray();
            x[i % CLASSES] += 0.5;
            rows.add(new Sample("wide", "s" + i, "u" + i, Doubles.toBuffer(x), "c" + i % CLASSES, 1.0));
        }
        return rows;
    }

    @Test
    void shouldPublishOnlyOnceTheStoreHasTheWeights() throws Exception {
        try (var stored = new StoredService(folder, Map.of("shards", "1", "versions.inline.max.kb", "16"))) {
            var client = stored.client();
            client.awaitConsumed(client.putSamples(rows(), 1_000), WAIT);
            client.awaitConsumed(client.putSamples(new Stream(3).samples(40, 20), 1_000), WAIT);
            client.putModel(large(), 2_000);
            await().atMost(WAIT)
                    .untilAsserted(
                            () -> assertThat(stored.get("/health/ready")).contains("a version of model large waits"));
            client.putModel(Stream.model("small"), 3_000);
            client.awaitVersion("small", 1, WAIT);
            assertThat(client.latestVersions()).doesNotContainKey("large");

            stored.mendStore();
            shouldRefer(client.awaitVersion("large", 1, WAIT), stored.folder());
            ModelVersion second = client.awaitVersion("large", stored.deleted("wide", "s1"), WAIT);
            shouldRefer(second, stored.folder());
            shouldFollow(stored, second);
        }
    }

    private static void shouldRefer(ModelVersion version, Path store) throws Exception {
        assertThat(version.getTheta().remaining()).isZero();
        byte[] weights = Files.readAllBytes(store.resolve(version.getWeights()));
        assertThat(ModelWeights.digest(weights)).isEqualTo(version.getDigest());
    }

    private static void shouldFollow(StoredService service, ModelVersion version) throws Exception {
        LocalStore store = service.store();
        try (var stored = ModelFollower.follow(service.settings(), "large", store);
                var inline = ModelFollower.follow(service.settings(), "large")) {
            await().atMost(WAIT)
                    .untilAsserted(() -> assertThat(stored.current().map(ServedModel::digest))
                            .hasValue(version.getDigest()));
            await().atMost(WAIT)
                    .untilAsserted(() -> assertThat(inline.staleness().problem().orElse(""))
                            .contains("follow the model with its artifact store"));
            assertThat(inline.current()).isEmpty();
        }
        assertThat(ArtifactChain.verify(store, "large"))
                .hasSizeGreaterThan(1)
                .allSatisfy(f -> assertThat(f.problem()).isNull());
    }
}
