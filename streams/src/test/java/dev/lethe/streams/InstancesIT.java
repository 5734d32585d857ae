package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.Attributions;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.local.LocalKafka;
import dev.lethe.streams.topology.Doubles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several processes share the partitions of one deployment. They come and go while requests flow and while the models are
 * in passes nearly all the time, since one of them settles every batch.
 */
class InstancesIT {
    private static final Duration WAIT = Duration.ofSeconds(240);
    private static final int REQUESTS = 3_000;

    private final long seed = Long.getLong("lethe.seed", 53);
    private final Stream stream = new Stream(seed);

    @TempDir
    Path directory;

    private ServiceProcess member(LocalKafka kafka, String name) {
        return ServiceProcess.member(
                kafka,
                directory,
                name,
                // Passes read the store: they take long enough for a rebalance to meet some.
                Map.of("row.cache.mb", "0", "shards", "6", "request.partitions", "2", "model.partitions", "2"));
    }

    private static ModelSpec eachBatch() {
        return ModelSpec.newBuilder(Stream.model("each"))
                .setSettle(SettlePolicy.EACH_BATCH)
                .build();
    }

    @Test
    void shouldShareThePartitionsWhileProcessesComeAndGo() throws Exception {
        try (var kafka = LocalKafka.start(directory.resolve("broker"), 0);
                var a = member(kafka, "a");
                var b = member(kafka, "b");
                var c = member(kafka, "c");
                var members = new Members(kafka.bootstrapServers())) {
            a.start();
            try (var client = LetheClient.connect(ClientSettings.of(kafka.bootstrapServers(), "lethe"))
                    .follow(From.BEGINNING)) {
                client.awaitConsumed(client.putSamples(stream.samples(20_000, 1_000), 1_000), WAIT);
                client.putModel(Stream.model("m"), 2_000);
                client.putModel(eachBatch(), 2_000);
                client.awaitVersion("m", 1, WAIT);
                client.awaitVersion("each", 1, WAIT);
                var feeder = new Feeder(client, stream, 15);
                feeder.start(REQUESTS);
                b.start();
                members.awaitSharing(2);
                c.start();
                members.awaitSharing(3);
                b.kill();
                members.awaitSharing(2);
                b.start();
                members.awaitSharing(3);
                List<Asked> asked = feeder.stop();
                asked.forEach(request -> client.awaitReceipt(request.id(), WAIT));
                var settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                        .receipt();
                assertThat(settled.getStatus()).as("seed %d", seed).isEqualTo(ReceiptStatus.APPLIED);
                var evidence = new Evidence(kafka.bootstrapServers(), "seed " + seed);
                evidence.shouldBeWhole(stream, asked, Set.of("barrier"), Stream.model("m"));
                evidence.shouldBeWhole(stream, asked, Set.of("barrier"), eachBatch());
                shouldScoreEveryRowOnce(client);
            }
        }
    }

    /** Each process has some of the shards, and each shard speaks of its own rows only. */
    private void shouldScoreEveryRowOnce(LetheClient client) {
        Set<String> ids = stream.rows().keySet();
        client.attributions().refresh("m", WAIT);
        assertThat(client.attributions().scores(Stream.DATASET, "m").stream().map(SampleScores::getSampleId))
                .as("seed %d", seed)
                .containsExactlyInAnyOrderElementsOf(ids);
        var row = new RowData(Doubles.toBuffer(new double[] {1, 0, 0, 0, 0, 0}), "yes", 1.0);
        for (String method : List.of("direct", "cg")) {
            var question = new InfluenceQuestion(
                    "m", Attributions.newId(), method, "plain", 3, List.of(row), null, false, false);
            assertThat(client.attributions().influence(question, WAIT).rows())
                    .as("%s, seed %d", method, seed)
                    .isEqualTo(ids.size());
        }
    }
}
