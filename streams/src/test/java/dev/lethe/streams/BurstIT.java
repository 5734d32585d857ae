package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.Arrival;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.client.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A burst of requests to one model, {@code -Dlethe.burst=100000} for the full one, at a service with a heap of 1 GB: it is
 * worked off in batches, and another model goes on meanwhile.
 */
class BurstIT {
    private static final int BURST = Integer.getInteger("lethe.burst", 10_000);
    private static final Duration WAIT = Duration.ofSeconds(120 + BURST / 250);

    @TempDir
    Path directory;

    private static List<Sample> rows(String dataset, int count) {
        return new Stream(7)
                .samples(count, 10).stream()
                        .map(s -> Sample.newBuilder(s).setDataset(dataset).build())
                        .toList();
    }

    private static DeleteRequest delete(String dataset, int i) {
        return DeleteRequest.newBuilder()
                .setRequestId(dataset + "-" + i)
                .setDataset(dataset)
                .setSamples(List.of("s" + i))
                .build();
    }

    private static ModelSpec model(String dataset) {
        return ModelSpec.newBuilder(Stream.model(dataset + "-model"))
                .setDataset(dataset)
                .build();
    }

    @Test
    void shouldTakeABurstInBatchesAndLetOthersGoOn() throws Exception {
        try (var service = ServiceProcess.embedded(directory, 3)) {
            service.start();
            try (var client = LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                    .follow(From.BEGINNING)) {
                client.putSamples(rows("hot", BURST + 1_000), 1_000);
                client.awaitConsumed(client.putSamples(rows("cold", 500), 1_000), WAIT);
                client.putModel(model("hot"), 2_000);
                client.putModel(model("cold"), 2_000);
                client.awaitVersion("hot-model", 1, WAIT);
                client.awaitVersion("cold-model", 1, WAIT);
                long start = System.nanoTime();
                List<CompletableFuture<Sent>> burst = new ArrayList<>();
                CompletableFuture<Sent> other = null;
                for (int i = 0; i < BURST; i++) {
                    burst.add(client.send(delete("hot", i), 3_000));
                    other = i == BURST / 2 ? client.send(delete("cold", 0), 3_000) : other;
                }
                Arrival cold = client.awaitReceipt(LetheClient.join(other), WAIT);
                Arrival last = burst.stream()
                        .map(sent -> client.awaitReceipt(LetheClient.join(sent), WAIT))
                        .max(Comparator.comparingLong(Arrival::nanos))
                        .orElseThrow();
                double seconds = (System.nanoTime() - start) / 1e9;
                System.out.printf("burst of %d requests: %.1f s, %.0f/s%n", BURST, seconds, BURST / seconds);
                assertThat(cold.receipt().getModels()).hasSize(1);
                assertThat(last.receipt().getModels()).hasSize(1);
                assertThat(cold.nanos()).as("the other model is not starved").isLessThan(last.nanos());
                var version = client.latestVersions().get("hot-model");
                assertThat(version.getRows()).isEqualTo(1_000);
                assertThat(version.getVersion()).as("batches").isLessThan(BURST / 2);
                assertThat(service.isAlive()).isTrue();
            }
        }
    }
}
