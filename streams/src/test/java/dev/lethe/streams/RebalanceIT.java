package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.local.LocalKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process dies while its shards are in the middle of a pass: it is killed when one of them has committed its cut and
 * cannot have answered yet. The other process takes the shards over and answers the same pass, from new snapshots.
 */
class RebalanceIT {
    private static final Duration WAIT = Duration.ofSeconds(240);
    /** 804 parameters: the curvature of a shard's rows takes a good part of a second. */
    private static final WideRows WIDE = new WideRows(200);

    private static final int ROWS = 8_000;
    private static final int ERASED = 40;

    private final long seed = Long.getLong("lethe.seed", 59);

    @TempDir
    Path directory;

    private ServiceProcess member(LocalKafka kafka, String name) {
        return ServiceProcess.member(
                kafka, directory, name, Map.of("shards", "4", "request.partitions", "1", "model.partitions", "1"));
    }

    @Test
    void shouldRepeatAPassWhoseShardsHaveMoved() throws Exception {
        List<Sample> samples = WIDE.samples(seed, ROWS);
        try (var kafka = LocalKafka.start(directory.resolve("broker"), 0);
                var stays = member(kafka, "stays");
                var dies = member(kafka, "dies");
                var members = new Members(kafka.bootstrapServers())) {
            stays.start();
            String first = members.awaitSharing(1).iterator().next();
            dies.start();
            members.awaitSharing(2);
            try (var client = LetheClient.connect(ClientSettings.of(kafka.bootstrapServers(), "lethe"))
                            .follow(From.BEGINNING);
                    var answers = members.answers()) {
                client.awaitConsumed(client.putSamples(samples, 1_000), WAIT);
                Set<Integer> lost = members.shardsWithout(first);
                client.putModel(WIDE.model(), 2_000);
                long pass = members.awaitCut(answers, lost).getPassId();
                dies.kill();
                client.send(erase());
                var receipt = client.awaitReceipt("erase", WAIT);
                assertThat(receipt.getStatus()).as("seed %d", seed).isEqualTo(ReceiptStatus.APPLIED);
                client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT);
                long last = client.latestVersions().get("m").getVersion();
                assertThat(members.repeatedCuts())
                        .as("seed %d: shards that answered pass %d again", seed, pass)
                        .filteredOn(cut -> cut.getPassId() == pass)
                        .extracting(Cut::getShard)
                        .isNotEmpty()
                        .isSubsetOf(lost);
                shouldEqualARetrainedModel(client.version("m", last).orElseThrow(), samples.subList(ERASED, ROWS));
            }
        }
    }

    private static DeleteRequest erase() {
        return DeleteRequest.newBuilder()
                .setRequestId("erase")
                .setDataset("d")
                .setSamples(IntStream.range(0, ERASED).mapToObj(i -> "s" + i).toList())
                .setSubjects(List.of())
                .setEventTime(Instant.now())
                .build();
    }

    private void shouldEqualARetrainedModel(ModelVersion version, List<Sample> left) {
        assertThat(Stream.distance(WIDE.model(), version, left))
                .as("seed %d: ‖θ − θ_retrained‖ / (1 + ‖θ_retrained‖)", seed)
                .isLessThan(1e-9);
        assertThat(version.getRows()).isEqualTo(left.size());
    }
}
