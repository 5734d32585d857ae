package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service, broker and all, killed at random points of a stream of mixed requests that goes on meanwhile: nothing is
 * lost, nothing is done twice. {@code -Dlethe.kills=50} for longer runs, {@code -Dlethe.seed=} for another one.
 */
class KillIT {
    private static final Duration WAIT = Duration.ofSeconds(180);
    private static final int KILLS = Integer.getInteger("lethe.kills", 5);
    private static final int REQUESTS = Integer.getInteger("lethe.kill.requests", 20_000);
    private static final int SUBJECTS = 2_000;

    private final long seed = Long.getLong("lethe.seed", 31);
    private final Random random = new Random(seed);
    private final Stream stream = new Stream(seed);

    @TempDir
    Path directory;

    @Test
    void shouldLoseAndRepeatNothingWhenKilled() throws Exception {
        try (var service = ServiceProcess.embedded(directory, 3)) {
            service.start();
            try (var client = connect(service)) {
                client.awaitConsumed(client.putSamples(stream.samples(4_000 + REQUESTS / 2, SUBJECTS), 1_000), WAIT);
                client.putModel(Stream.model("m"), 2_000);
                client.awaitVersion("m", 1, WAIT);
                List<Asked> asked = sendAndKill(service, client);
                asked.forEach(a -> client.awaitReceipt(a.id(), WAIT));
                sendErasedSamplesAgain(client);
                var settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                        .receipt();
                assertThat(settled.getStatus()).as("seed %d", seed).isEqualTo(ReceiptStatus.APPLIED);
                new Evidence(service.bootstrapServers(), "seed " + seed)
                        .shouldBeWhole(stream, asked, Set.of("barrier"), Stream.model("m"));
            }
        }
    }

    private static LetheClient connect(ServiceProcess service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }

    /** The points are drawn among the requests: the next kill comes when that many are out, and answered or not. */
    private List<Asked> sendAndKill(ServiceProcess service, LetheClient client) throws Exception {
        var feeder = new Feeder(client, stream, 0);
        feeder.start(REQUESTS);
        for (int kill = 0; kill < KILLS; kill++) {
            int at = (int) ((kill + random.nextDouble()) * REQUESTS / KILLS);
            while (feeder.count() < at) {
                Thread.sleep(1);
            }
            long start = System.nanoTime();
            service.kill();
            service.start();
            System.out.printf("kill %d at request %d: ready after %.1f s%n", kill + 1, at, seconds(start));
        }
        return feeder.await();
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** They must stay out: as if a producer came late. */
    private void sendErasedSamplesAgain(LetheClient client) {
        var late = stream.erased().subList(0, Math.min(200, stream.erased().size()));
        client.awaitConsumed(client.putSamples(late, 1_000), WAIT);
    }
}
