package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelIntercept;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.client.Sent;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service around its topology: start, restart, refusals, client. */
class LetheServiceIT {
    private static final Duration WAIT = Duration.ofSeconds(30);

    @TempDir
    Path dir;

    private ServiceConfig config(String... more) {
        Map<String, String> given = new HashMap<>(Map.of("data.dir", dir.toString(), "local.port", "0", "shards", "2"));
        for (int i = 0; i < more.length; i += 2) {
            given.put(more[i], more[i + 1]);
        }
        return ServiceConfig.of(given);
    }

    private static LetheClient client(LetheService service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure);
    }

    @Test
    void shouldAnswerRequestsAndKeepItsDataOverARestart() {
        try (var service = LetheService.start(config());
                var client = client(service).follow(From.NOW)) {
            // A thread that joins a little later makes the group rebalance once more.
            assertThat(service.state().isRunningOrRebalancing()).isTrue();
            var rows = client.putSamples(List.of(sample("1"), sample("2")), 1_000);
            client.awaitConsumed(rows, WAIT);
            client.putModel(model(), 2_000);
            assertThat(client.awaitVersion("m", 1, WAIT).getVersion()).isEqualTo(1);
            Sent sent = client.send(delete("r1", "1"));
            assertThat(client.awaitReceipt(sent, WAIT).receipt().getStatus()).isEqualTo(ReceiptStatus.APPLIED);
            Sent other = client.send(delete("r1", "2"));
            assertThat(client.awaitReceipt(other, WAIT).receipt().getReasonCode())
                    .isEqualTo("CONFLICT");
            assertThat(client.awaitReceipt("r1", WAIT).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        }
        try (var service = LetheService.start(config());
                var client = client(service)) {
            assertThat(client.models()).containsOnlyKeys("m");
            long latest = client.latestVersions().get("m").getVersion();
            assertThat(latest).isGreaterThanOrEqualTo(2);
            assertThat(client.versions("m")).hasSize((int) latest);
            assertThat(client.receipts()).hasSize(2);
            assertThat(client.version("m", 1)).isPresent();
        }
    }

    @Test
    void shouldRefuseASecondServiceInTheSameDirectory() {
        try (var service = LetheService.start(config())) {
            assertThat(service.failure()).isEmpty();
            assertThatThrownBy(() -> LetheService.start(config()))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining("is in use by process");
        }
    }

    @Test
    void shouldRefuseAPortInUse() {
        try (var service = LetheService.start(config())) {
            String port = service.bootstrapServers().split(":")[1];
            var second = config("data.dir", dir.resolve("second").toString(), "local.port", port);
            assertThatThrownBy(() -> LetheService.start(second))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining("port " + port + " on 127.0.0.1 is in use");
        }
    }

    @Test
    void shouldRefuseTopicsThatDoNotFitAndCreateNothing() throws Exception {
        try (var service = LetheService.start(config());
                var admin = Admin.create(Map.of("bootstrap.servers", service.bootstrapServers()))) {
            String other = dir.resolve("other").toString();
            var cluster = Map.of(
                    "bootstrap.servers", service.bootstrapServers(), "replication.factor", "1", "data.dir", other);
            admin.createTopics(List.of(
                            new NewTopic("bad.samples", 5, (short) 1).configs(Map.of("cleanup.policy", "delete"))))
                    .all()
                    .get();
            var bad = new HashMap<>(cluster);
            bad.put("prefix", "bad");

            assertThatThrownBy(() -> LetheService.start(ServiceConfig.of(bad)))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining("topic bad.samples has 5 partitions, expected 12 (setting shards)")
                    .hasMessageContaining("topic bad.samples has cleanup.policy=delete, expected compact");
            assertThat(admin.listTopics().names().get()).contains("bad.samples").doesNotContain("bad.requests");
        }
        assertThatThrownBy(() -> LetheService.start(config("shards", "3")))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("has 2 partitions, expected 3")
                .hasMessageContaining("set shards: 2");
    }

    @Test
    void shouldPutUndecodableMessagesAsideAndGoOn() {
        try (var service = LetheService.start(config());
                var client = client(service).follow(From.NOW)) {
            var topics = new Topics("lethe");
            var bytes = new ByteArraySerializer();
            try (var producer = new KafkaProducer<>(
                    Map.<String, Object>of("bootstrap.servers", service.bootstrapServers()), bytes, bytes)) {
                producer.send(
                        new ProducerRecord<>(topics.requests().name(), "no avro".getBytes(StandardCharsets.UTF_8)));
            }
            Sent sent = client.send(delete("r1", "1"));
            assertThat(client.awaitReceipt(sent, WAIT).receipt().getStatus()).isEqualTo(ReceiptStatus.REFUSED);
            assertThat(service.failure()).isEmpty();
            assertThat(deadLetters(service, topics)).containsExactly("no avro");
        }
    }

    private static List<String> deadLetters(LetheService service, Topics topics) {
        var strings = new StringDeserializer();
        Map<String, Object> properties = Map.of(
                "bootstrap.servers", service.bootstrapServers(), "group.id", "look", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(properties, strings, strings)) {
            consumer.subscribe(List.of(topics.deadLetters().name()));
            List<String> found = new ArrayList<>();
            long end = System.nanoTime() + WAIT.toNanos();
            while (found.isEmpty() && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(letter -> found.add(letter.value()));
            }
            return found;
        }
    }

    @Test
    void shouldSayThatNobodyAnswers() {
        try (var service = LetheService.start(config())) {
            assertThatThrownBy(() -> LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "typo")))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining("has no topic typo.requests");
        }
    }

    private static Sample sample(String id) {
        return Sample.newBuilder()
                .setDataset("d")
                .setSampleId(id)
                .setFeatures(Doubles.toBuffer(new double[] {1}))
                .setLabel("1")
                .build();
    }

    private static ModelSpec model() {
        return ModelSpec.newBuilder()
                .setModelId("m")
                .setDataset("d")
                .setFamily(ModelFamily.RIDGE)
                .setFeatures(1)
                .setIntercept(ModelIntercept.FREE)
                .setL2(1)
                .setSettle(SettlePolicy.AUTO)
                .build();
    }

    private static DeleteRequest delete(String id, String sample) {
        return DeleteRequest.newBuilder()
                .setRequestId(id)
                .setDataset("d")
                .setSamples(List.of(sample))
                .build();
    }
}
