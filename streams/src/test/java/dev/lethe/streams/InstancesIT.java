package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.local.LocalKafka;
import dev.lethe.streams.topology.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
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
        return new ServiceProcess(
                directory,
                Map.of(
                        "bootstrap.servers", kafka.bootstrapServers(),
                        "data.dir", directory.resolve(name).toString(),
                        "replication.factor", "1",
                        // Passes read the store: they take long enough for a rebalance to meet some.
                        "row.cache.mb", "0",
                        "shards", "6",
                        "request.partitions", "2",
                        "model.partitions", "2"));
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
                var admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
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
                awaitSharing(admin, 2);
                c.start();
                awaitSharing(admin, 3);
                b.kill();
                awaitSharing(admin, 2);
                b.start();
                awaitSharing(admin, 3);
                List<Asked> asked = feeder.stop();
                asked.forEach(request -> client.awaitReceipt(request.id(), WAIT));
                var settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                        .receipt();
                assertThat(settled.getStatus()).as("seed %d", seed).isEqualTo(ReceiptStatus.APPLIED);
                var evidence = new Evidence(kafka.bootstrapServers(), "seed " + seed);
                evidence.shouldBeWhole(stream, asked, Set.of("barrier"), Stream.model("m"));
                evidence.shouldBeWhole(stream, asked, Set.of("barrier"), eachBatch());
                System.out.printf(
                        "%d requests, %d cuts of repeated attempts%n",
                        asked.size(), repeatedCuts(kafka.bootstrapServers()));
            }
        }
    }

    /** Waits until so many processes are members, each with partitions of its own. */
    private static void awaitSharing(Admin admin, int processes) {
        await("partitions shared by " + processes)
                .atMost(WAIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    Set<String> sharing =
                            admin.describeConsumerGroups(List.of("lethe")).all().get().get("lethe").members().stream()
                                    .filter(member -> !member.assignment()
                                            .topicPartitions()
                                            .isEmpty())
                                    .map(InstancesIT::process)
                                    .collect(Collectors.toSet());
                    return sharing.size() == processes;
                });
    }

    /** The id from the data directory; Kafka Streams adds the number of the thread. */
    private static String process(MemberDescription member) {
        String id = member.groupInstanceId().orElseThrow();
        return id.substring(0, id.lastIndexOf('-'));
    }

    /** How often a shard began a pass again after it had moved. */
    private static long repeatedCuts(String bootstrapServers) {
        var topic = new Topics("lethe").answers();
        var bytes = new ByteArrayDeserializer();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        long repeated = 0;
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    var message = topic.values().deserializer().deserialize(topic.name(), record.value());
                    repeated += message instanceof Cut cut && cut.getAttempt() > 1 ? 1 : 0;
                }
            }
        }
        return repeated;
    }
}
