package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passes over twelve shards of a real broker, whose sums are too large for one record each. */
class PassIT {
    private static final long SEED = 20261125;
    private static final Duration WAIT = Duration.ofSeconds(120);
    /** 404 parameters: a curvature of 654 KB in packed form. */
    private static final WideRows WIDE = new WideRows(100);

    @TempDir
    Path directory;

    private ModelVersion fit(int cacheMb) {
        String dir = directory.resolve("cache-" + cacheMb).toString();
        var config = ServiceConfig.of(
                Map.of("data.dir", dir, "local.port", "0", "shards", "12", "row.cache.mb", String.valueOf(cacheMb)));
        try (var service = LetheService.start(config);
                var client = LetheClient.connect(
                                ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                        .follow(From.BEGINNING)) {
            client.awaitConsumed(client.putSamples(WIDE.samples(SEED, 3_000), 1_000), WAIT);
            client.putModel(WIDE.model(), 2_000);
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
