package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.unlearn.correction.InMemoryFit;
import dev.lethe.unlearn.objective.Mapping.Fits;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.objective.Vectors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model without a factor over several shards and a real broker, where each of its passes is a round of messages. */
class LargeModelIT {
    private static final long SEED = 4712;
    private static final int FEATURES = 300;
    private static final int CLASSES = 10;
    private static final Duration WAIT = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final List<Sample> left = new ArrayList<>();

    private static ModelSpec model() {
        return ModelSpec.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(IntStream.range(0, CLASSES).mapToObj(k -> "c" + k).toList())
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(2)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    private void load(int count) {
        for (int i = 0; i < count; i++) {
            double[] x = random.doubles(FEATURES, -0.1, 0.1).toArray();
            x[i % CLASSES] += 0.5;
            left.add(new Sample("d", "s" + i, "u" + i, Doubles.toBuffer(x), "c" + i % CLASSES, 1.0));
        }
    }

    private void shouldBeRetrained(ModelVersion version) {
        var mapper = Specs.mapper(model());
        List<Row> rows = new ArrayList<>();
        left.forEach(s ->
                rows.add(((Fits) mapper.map(Doubles.toArray(s.getFeatures()), s.getLabel(), s.getWeight())).row()));
        double[] got = Doubles.toArray(version.getTheta());
        try (var fit = InMemoryFit.fit(Specs.objective(model()), rows, null)) {
            assertThat(Vectors.norm(Vectors.minus(got, fit.theta())))
                    .as("seed %d", SEED)
                    .isLessThan(1e-9 * (1 + Vectors.norm(fit.theta())));
        }
    }

    @Test
    void shouldFitAndDeleteOverSeveralShards() {
        load(2_000);
        var config = ServiceConfig.of(Map.of("data.dir", directory.toString(), "local.port", "0", "shards", "3"));
        try (var service = LetheService.start(config);
                var client = LetheClient.connect(
                                ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                        .follow(From.BEGINNING)) {
            client.awaitConsumed(client.putSamples(left, 1_000), WAIT);
            long start = System.nanoTime();
            client.putModel(model(), 2_000);
            client.awaitVersion("m", 1, WAIT);
            System.out.printf("3010 parameters, 2 000 rows: fit in %.1f s%n", (System.nanoTime() - start) / 1e9);
            shouldBeRetrained(client.latestVersions().get("m"));
            for (int i = 0; i < 3; i++) {
                String id = left.remove(0).getSampleId();
                start = System.nanoTime();
                var delete = new DeleteRequest("r" + i, "d", List.of(id), List.of(), null, null);
                Receipt receipt = client.awaitReceipt(client.send(delete), WAIT).receipt();
                assertThat(receipt.getStatus()).as("%s", receipt).isEqualTo(ReceiptStatus.APPLIED);
                System.out.printf("one deletion settled in %.1f s%n", (System.nanoTime() - start) / 1e9);
                ModelVersion version = client.latestVersions().get("m");
                assertThat(version.getKind()).isEqualTo(VersionKind.SETTLED);
                assertThat(version.getDistanceBound()).isLessThan(1e-8);
                shouldBeRetrained(version);
            }
        }
    }
}
