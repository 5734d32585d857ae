package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passes over twelve shards of a real broker, whose sums are too large for one record each. */
class PassIT {
    private static final long SEED = 20261125;
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final int FEATURES = 100;
    private static final List<String> CLASSES = List.of("a", "b", "c", "d");

    @TempDir
    Path directory;

    /** 404 parameters: a curvature of 654 KB in packed form. */
    private static ModelSpec model() {
        return ModelSpec.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setFamily(ModelFamily.SOFTMAX)
                .setClasses(CLASSES)
                .setFeatures(FEATURES)
                .setIntercept(ModelIntercept.PENALISED)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    private static List<Sample> samples(int count) {
        var random = new Random(SEED);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int label = random.nextInt(CLASSES.size());
            double[] x = random.doubles(FEATURES, -1, 1).toArray();
            x[label] += 1;
            samples.add(new Sample("d", "s" + i, null, Doubles.toBuffer(x), CLASSES.get(label), 1.0));
        }
        return samples;
    }

    private ModelVersion fit(int cacheMb) {
        String dir = directory.resolve("cache-" + cacheMb).toString();
        var config = ServiceConfig.of(
                Map.of("data.dir", dir, "local.port", "0", "shards", "12", "row.cache.mb", String.valueOf(cacheMb)));
        try (var service = LetheService.start(config);
                var client = LetheClient.connect(
                                ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                        .follow(From.BEGINNING)) {
            client.awaitConsumed(client.putSamples(samples(3_000), 1_000), WAIT);
            client.putModel(model(), 2_000);
            return client.awaitVersion("m", 1, WAIT);
        }
    }

    @Test
    void shouldGiveTheSameBitsWithAndWithoutRowsInMemory() {
        ModelVersion without = fit(0);
        // The rows are 2.9 MB with their index: some shards find room, others do not.
        ModelVersion with = fit(1);
        assertThat(without.getRows()).isEqualTo(3_000);
        assertThat(with.getTheta()).as("seed %d", SEED).isEqualTo(without.getTheta());
        assertThat(with.getResidualMeasured()).isEqualTo(without.getResidualMeasured());
    }
}
