package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.registry.RegistryServer;
import dev.lethe.streams.topology.Messages;
import dev.lethe.streams.topology.Topics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Producers that frame as Confluent's serializers do, beside those that do not, through a registry that is away at first. */
class ConfluentIT {
    private static final Duration WAIT = Duration.ofSeconds(90);
    private static final int SAMPLE = 1;
    private static final int DELETE = 2;
    /** Marker and fingerprint of our own framing. */
    private static final int OWN_HEADER = 10;

    @TempDir
    private Path folder;

    private final Topics topics = new Topics("lethe");

    private static byte[] framed(int id, SpecificRecord message) {
        byte[] own = Messages.encode(message);
        return RegistryServer.frame(id, Arrays.copyOfRange(own, OWN_HEADER, own.length));
    }

    private static byte[] key(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldReadBothFramingsOnceTheRegistryAnswers() throws Exception {
        try (var registry = new RegistryServer()) {
            registry.put(SAMPLE, Sample.getClassSchema().toString());
            registry.put(DELETE, DeleteRequest.getClassSchema().toString());
            registry.broken(true);
            shouldServe(registry.url(), SAMPLE, DELETE, () -> {
                await().atMost(WAIT).until(() -> registry.asked() > 1);
                registry.broken(false);
            });
        }
    }

    /** Which one is said by the property: an address that takes Confluent's calls, with their path. */
    @Test
    void shouldReadBothFramingsWithARealRegistry() throws Exception {
        String url = System.getProperty("lethe.registry");
        assumeTrue(url != null, "no registry named: -Dlethe.registry=http://HOST:PORT/PATH");
        int sample = registered(url, Sample.getClassSchema());
        int delete = registered(url, DeleteRequest.getClassSchema());
        shouldServe(URI.create(url), sample, delete, () -> {});
    }

    private static int registered(String url, Schema schema) throws Exception {
        ObjectMapper json = new ObjectMapper();
        String body = json.createObjectNode().put("schema", schema.toString()).toString();
        var request = HttpRequest.newBuilder(URI.create(url + "/subjects/" + schema.getFullName() + "/versions"))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(BodyPublishers.ofString(body))
                .build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json.readTree(answer.body()).path("id").intValue();
    }

    private void shouldServe(URI registry, int sampleId, int deleteId, Runnable onceAsked) throws Exception {
        var config = ServiceConfig.of(Map.of(
                "data.dir", folder.resolve("data").toString(),
                "local.port", "0",
                "http.port", "off",
                "shards", "2",
                "artifacts.store", "off",
                "schema.registry.url", registry.toString()));
        try (var service = LetheService.serve(config);
                var client = LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                        .follow(From.NOW)) {
            shouldServe(service, client, sampleId, deleteId, onceAsked);
        }
    }

    private void shouldServe(LetheService service, LetheClient client, int sampleId, int deleteId, Runnable onceAsked) {
        List<Sample> samples = new Stream(7).samples(40, 20);
        var bytes = new ByteArraySerializer();
        Map<String, Object> properties = Map.of("bootstrap.servers", service.bootstrapServers());
        try (var producer = new KafkaProducer<>(properties, bytes, bytes)) {
            for (Sample sample : samples.subList(0, 20)) {
                String id = Topics.sampleKey(Stream.DATASET, sample.getSampleId());
                producer.send(new ProducerRecord<>(topics.samples().name(), key(id), framed(sampleId, sample)));
            }
            producer.flush();
            onceAsked.run();
            client.awaitConsumed(client.putSamples(samples.subList(20, 40), 1_000), WAIT);
            client.putModel(Stream.model("m"), 2_000);
            client.awaitVersion("m", 1, WAIT);
            var delete = new DeleteRequest(
                    "r1", Stream.DATASET, List.of(samples.get(0).getSampleId()), List.of(), null, null);
            producer.send(
                    new ProducerRecord<>(topics.requests().name(), key(Stream.DATASET), framed(deleteId, delete)));
            producer.flush();
        }
        assertThat(client.awaitReceipt("r1", WAIT).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
        await().atMost(WAIT)
                .untilAsserted(() ->
                        assertThat(client.latestVersions().get("m").getRows()).isEqualTo(39));
    }
}
