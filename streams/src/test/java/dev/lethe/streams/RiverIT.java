package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.client.Sent;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.local.DataDirectory;
import dev.lethe.streams.store.FactorCache;
import dev.lethe.streams.topology.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the test driver cannot show: several shards, a real broker, transactions, restarts. */
class RiverIT {
    private static final long SEED = 4711;
    private static final Duration WAIT = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final Stream stream = new Stream(SEED);

    private LetheService start() {
        return LetheService.start(ServiceConfig.of(Map.of(
                "data.dir",
                directory.toString(),
                "local.port",
                "0",
                "shards",
                "5",
                "model.partitions",
                "2",
                "request.partitions",
                "2")));
    }

    private static LetheClient connect(LetheService service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                .follow(From.BEGINNING);
    }

    private void shouldBeRetrained(LetheClient client, String modelId, String barrier) {
        Receipt receipt =
                client.awaitReceipt(client.send(Stream.settle(barrier)), WAIT).receipt();
        assertThat(receipt.getStatus()).as("seed %d: %s", SEED, receipt).isEqualTo(ReceiptStatus.APPLIED);
        ModelVersion version = client.latestVersions().get(modelId);
        assertThat(stream.distance(Stream.model(modelId), version))
                .as("seed %d", SEED)
                .isLessThan(1e-9);
        assertThat(version.getRows()).isEqualTo(stream.left());
    }

    private Path snapshots() {
        return DataDirectory.factors(directory);
    }

    private void awaitSnapshot(long writtenAfter) {
        await().atMost(WAIT)
                .until(() -> FactorCache.list(snapshots()).stream().anyMatch(line -> line.writtenAt() > writtenAfter));
    }

    private static void shouldChain(List<ModelVersion> versions) {
        for (int i = 0; i < versions.size(); i++) {
            assertThat(versions.get(i).getVersion()).isEqualTo(i + 1);
            assertThat(versions.get(i).getParentDigest())
                    .isEqualTo(i == 0 ? null : versions.get(i - 1).getDigest());
        }
    }

    @Test
    void shouldFollowAMixedStreamOverSeveralShards() {
        try (var service = start();
                var client = connect(service)) {
            client.awaitConsumed(client.putSamples(stream.samples(2_000, 40), 1_000), WAIT);
            client.putModel(Stream.model("a"), 2_000);
            client.putModel(Stream.model("b"), 2_000);
            client.awaitVersion("a", 1, WAIT);
            client.awaitVersion("b", 1, WAIT);
            List<Sent> sent = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                sent.add(client.send(i % 100 == 99 ? stream.deleteSubject("u" + i / 100) : stream.next()));
            }
            sent.forEach(s -> assertThat(client.awaitReceipt(s, WAIT).receipt().getStatus())
                    .isEqualTo(ReceiptStatus.APPLIED));
            shouldBeRetrained(client, "a", "barrier");
            assertThat(stream.distance(
                            Stream.model("b"), client.latestVersions().get("b")))
                    .isLessThan(1e-9);
            shouldChain(client.versions("a"));
            shouldChain(client.versions("b"));
            var perRequest = client.receipts().stream()
                    .collect(Collectors.groupingBy(Receipt::getRequestId, Collectors.counting()));
            assertThat(perRequest)
                    .hasSize(601)
                    .allSatisfy((id, count) -> assertThat(count).isEqualTo(1));
        }
    }

    /** Erased rows' tombstones are the last records of the samples topic: whoever watches its lag must see none. */
    @Test
    void shouldLeaveNoLagBehindWhatItWroteBackItself() {
        try (var service = start();
                var client = connect(service);
                var admin =
                        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, service.bootstrapServers()))) {
            client.awaitConsumed(client.putSamples(stream.samples(200, 10), 1_000), WAIT);
            List<Sent> sent = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                sent.add(client.send(stream.deleteSubject("u" + i)));
            }
            sent.forEach(s -> assertThat(client.awaitReceipt(s, WAIT).receipt().getStatus())
                    .isEqualTo(ReceiptStatus.APPLIED));
            assertThat(stream.left()).isZero();

            await().atMost(WAIT).untilAsserted(() -> assertThat(lag(admin)).isZero());
        }
    }

    private static long lag(Admin admin) throws Exception {
        var committed = admin.listConsumerGroupOffsets("lethe")
                .partitionsToOffsetAndMetadata()
                .get();
        var samples = committed.keySet().stream()
                .filter(partition -> partition.topic().equals("lethe.samples"))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        assertThat(samples).hasSize(5);
        long lag = 0;
        for (var end : admin.listOffsets(samples).all().get().entrySet()) {
            lag += end.getValue().offset() - committed.get(end.getKey()).offset();
        }
        return lag;
    }

    @Test
    void shouldGoOnAfterARestartWhereItWas() {
        ModelVersion before;
        try (var service = start();
                var client = connect(service)) {
            client.awaitConsumed(client.putSamples(stream.samples(500, 20), 1_000), WAIT);
            client.putModel(Stream.model("a"), 2_000);
            client.awaitVersion("a", 1, WAIT);
            client.awaitReceipt(client.send(stream.next()), WAIT);
            shouldBeRetrained(client, "a", "barrier-1");
            before = client.latestVersions().get("a");
            awaitSnapshot(0);
            long written = FactorCache.list(snapshots()).get(0).writtenAt();
            client.awaitConsumed(client.refreshFactor("a", 3_000), WAIT);
            awaitSnapshot(written);
        }
        try (var log = new LogOf("dev.lethe.streams.topology.FactorKeeper");
                var service = start();
                var client = connect(service)) {
            log.await("factor restored from its snapshot", WAIT);
            assertThat(client.latestVersions().get("a")).isEqualTo(before);
            Receipt receipt =
                    client.awaitReceipt(client.send(stream.next()), WAIT).receipt();
            assertThat(receipt.getModels().get(0).getVersion()).isEqualTo(before.getVersion() + 1);
            shouldBeRetrained(client, "a", "barrier-2");
            shouldChain(client.versions("a"));
        }
    }

    /** Clients of other languages hash keys differently. */
    private static void putElsewhere(LetheService service, List<Sample> samples) {
        var topic = new Topics("lethe").samples();
        Map<String, Object> settings = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, service.bootstrapServers());
        try (var producer = new KafkaProducer<>(
                settings, topic.keys().serializer(), topic.values().serializer())) {
            for (int i = 0; i < samples.size(); i++) {
                String key = Topics.sampleKey(Stream.DATASET, samples.get(i).getSampleId());
                producer.send(new ProducerRecord<>(topic.name(), i % 5, 1_000L, key, samples.get(i)));
            }
        }
    }

    private void awaitRows(LetheClient client) {
        await().atMost(WAIT).until(() -> client.latestVersions().get("a").getRows(), rows -> rows == stream.left());
    }

    @Test
    void shouldFindSamplesOnWhicheverPartitionTheyWerePut() {
        try (var service = start();
                var client = connect(service)) {
            client.awaitConsumed(client.putSamples(stream.samples(100, 40), 1_000), WAIT);
            client.putModel(Stream.model("a"), 2_000);
            client.awaitVersion("a", 1, WAIT);
            putElsewhere(service, stream.samples(1_000, 40));
            awaitRows(client);
            for (int i = 0; i < 100; i++) {
                Receipt receipt = client.awaitReceipt(
                                client.send(i % 50 == 49 ? stream.deleteSubject("u" + i / 50) : stream.next()), WAIT)
                        .receipt();
                assertThat(receipt.getReasonCode())
                        .as("seed %d: %s", SEED, receipt)
                        .isNull();
                assertThat(receipt.getApplied()).isPositive();
            }
            putElsewhere(service, List.copyOf(stream.erased()));
            // Behind them on every partition: when they are there, those would be too.
            putElsewhere(service, stream.samplesOf("new", 25));
            awaitRows(client);
            shouldBeRetrained(client, "a", "barrier");
        }
    }

    @Test
    void shouldDeleteASubjectWithAHundredThousandSamples() {
        try (var service = start();
                var client = connect(service)) {
            client.putSamples(stream.samples(2_000, 40), 1_000);
            client.awaitConsumed(client.putSamples(stream.samplesOf("whale", 100_000), 1_000), WAIT);
            client.putModel(Stream.model("a"), 2_000);
            client.awaitVersion("a", 1, WAIT);
            long start = System.nanoTime();
            Receipt receipt = client.awaitReceipt(client.send(stream.deleteSubject("whale")), WAIT)
                    .receipt();
            System.out.printf("100 000 samples deleted in %.1f s%n", (System.nanoTime() - start) / 1e9);
            assertThat(receipt.getApplied()).isEqualTo(100_000);
            shouldBeRetrained(client, "a", "barrier");
        }
    }
}
