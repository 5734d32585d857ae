package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.client.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service, broker and all, killed while requests flow: nothing is lost, nothing is done twice.
 *
 * <p>Run with {@code -Dlethe.kills=3}. Not by default: about one restart in twelve stands still for longer than this test
 * waits, because the embedded broker comes back with a transaction of the killed process that it has not ended.
 */
@EnabledIfSystemProperty(named = "lethe.kills", matches = "\\d+", disabledReason = "run with -Dlethe.kills=3")
class KillIT {
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final int KILLS = Integer.getInteger("lethe.kills", 3);
    private static final int REQUESTS = Integer.getInteger("lethe.kill.requests", 900);

    @TempDir
    Path directory;

    @Test
    void shouldLoseAndRepeatNothingWhenKilled() throws Exception {
        long seed = Long.getLong("lethe.seed", 31);
        var random = new Random(seed);
        var stream = new Stream(seed);
        try (var service = new ServiceProcess(directory, 3)) {
            service.start();
            try (var client = connect(service)) {
                client.awaitConsumed(client.putSamples(stream.samples(2_000 + REQUESTS, 50), 1_000), WAIT);
                client.putModel(Stream.model("m"), 2_000);
                client.awaitVersion("m", 1, WAIT);
                List<Sent> sent = new ArrayList<>();
                for (int kill = 0; kill < KILLS; kill++) {
                    for (int i = 0; i < REQUESTS / KILLS; i++) {
                        sent.add(client.send(stream.next()));
                    }
                    Thread.sleep(random.nextInt(400));
                    service.kill();
                    service.start();
                }
                for (Sent s : sent) {
                    Receipt receipt = client.awaitReceipt(s, WAIT).receipt();
                    assertThat(receipt.getStatus())
                            .as("seed %d: %s", seed, receipt)
                            .isEqualTo(ReceiptStatus.APPLIED);
                }
                Receipt settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                        .receipt();
                assertThat(settled.getStatus()).as("seed %d", seed).isEqualTo(ReceiptStatus.APPLIED);
                shouldBeWhole(client, stream, seed, sent.size() + 1);
            }
        }
    }

    private static LetheClient connect(ServiceProcess service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }

    private static void shouldBeWhole(LetheClient client, Stream stream, long seed, int requests) {
        List<ModelVersion> versions = client.versions("m");
        for (int i = 0; i < versions.size(); i++) {
            assertThat(versions.get(i).getVersion()).as("seed %d", seed).isEqualTo(i + 1);
            assertThat(versions.get(i).getParentDigest())
                    .as("seed %d: parent of version %d", seed, i + 1)
                    .isEqualTo(i == 0 ? null : versions.get(i - 1).getDigest());
        }
        ModelVersion last = versions.get(versions.size() - 1);
        assertThat(last.getRows()).as("seed %d", seed).isEqualTo(stream.left());
        assertThat(stream.distance(Stream.model("m"), last)).as("seed %d", seed).isLessThan(1e-9);
        var perRequest =
                client.receipts().stream().collect(Collectors.groupingBy(Receipt::getRequestId, Collectors.counting()));
        assertThat(perRequest)
                .as("seed %d", seed)
                .hasSize(requests)
                .allSatisfy((id, count) -> assertThat(count).isEqualTo(1));
    }
}
