package dev.lethe.streams.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelFamily;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.streams.LetheService;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * Broken and hostile records over a real broker. After each test a good request right behind must be answered, and the
 * settled model must be the one of the good rows.
 */
@TestInstance(Lifecycle.PER_CLASS)
class PoisonIT {
    private static final long SEED = Long.getLong("lethe.seed", 99);
    private static final int MUTATIONS = Integer.getInteger("lethe.mutations", 10_000);
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final String DATASET = "d";
    private static final int FEATURES = 3;
    private static final int MEGABYTE = 1_000_000;

    private final Random random = new Random(SEED);
    private final Topics topics = new Topics("lethe");
    private final Map<String, Sample> left = new LinkedHashMap<>();
    private LetheService service;
    private LetheClient client;
    private KafkaProducer<byte[], byte[]> producer;
    private DeadLetters letters;
    private int requests;

    @BeforeAll
    void start(@TempDir Path directory) {
        service = LetheService.start(ServiceConfig.of(Map.of(
                "data.dir",
                directory.toString(),
                "local.port",
                "0",
                "shards",
                "3",
                "model.partitions",
                "2",
                "request.partitions",
                "2")));
        String bootstrap = service.bootstrapServers();
        client = LetheClient.connect(ClientSettings.of(bootstrap, "lethe"), service::failure)
                .follow(From.BEGINNING);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap, "max.request.size", 8 * MEGABYTE),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        letters = new DeadLetters(bootstrap, topics);
        for (int i = 0; i < 60; i++) {
            left.put("s" + i, sample("s" + i));
        }
        client.awaitConsumed(client.putSamples(left.values(), 1_000), WAIT);
        client.putModel(model(), 2_000);
        client.awaitVersion("m", 1, WAIT);
    }

    @AfterAll
    void stop() {
        letters.close();
        producer.close();
        client.close();
        service.close();
    }

    @AfterEach
    void shouldGoOn() {
        String id = left.keySet().iterator().next();
        left.remove(id);
        assertThat(receipt(delete("good-" + ++requests, List.of(id))).getStatus())
                .as("seed %d", SEED)
                .isEqualTo(ReceiptStatus.APPLIED);
        receipt(new SettleRequest("barrier-" + requests, DATASET, SettleUntil.SETTLED, null, null));
        ModelVersion version = client.latestVersions().get("m");
        assertThat(Doubles.toArray(version.getTheta()))
                .as("seed %d", SEED)
                .containsExactly(River.retrained(model(), left.values()), Offset.offset(1e-9));
        assertThat(version.getRows()).as("seed %d", SEED).isEqualTo(left.size());
    }

    private static ModelSpec model() {
        return River.model("m", ModelFamily.LOGISTIC, FEATURES, 1)
                .setClasses(List.of("a", "b"))
                .build();
    }

    private Sample sample(String id) {
        return River.sample(
                id,
                "u",
                random.nextBoolean() ? "a" : "b",
                random.doubles(FEATURES).toArray());
    }

    private static DeleteRequest delete(String id, List<String> samples) {
        return new DeleteRequest(id, DATASET, samples, List.of(), null, null);
    }

    private Receipt receipt(SpecificRecord request) {
        return client.awaitReceipt(client.send(request), WAIT).receipt();
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private void put(Topic<?, ?> topic, String key, byte[] value, String... headers) {
        var record = new ProducerRecord<>(topic.name(), bytes(key), value);
        for (int i = 0; i < headers.length; i += 2) {
            record.headers().add(headers[i], bytes(headers[i + 1]));
        }
        producer.send(record);
    }

    @Test
    void shouldPutAsideBytesThatAreNoMessageOnEveryTopicItReads() {
        byte[] unknownSchema = Messages.encode(sample("s1"));
        unknownSchema[5] ^= 0x55;
        List<Topic<?, ?>> read = List.of(
                topics.requests(),
                topics.samples(),
                topics.models(),
                topics.parts(),
                topics.passes(),
                topics.answers(),
                topics.applied());
        for (Topic<?, ?> topic : read) {
            put(topic, "text " + topic.name(), bytes("no Avro"));
            put(topic, "nothing " + topic.name(), new byte[0]);
            put(topic, "schema " + topic.name(), unknownSchema);
        }
        for (Topic<?, ?> topic : read) {
            letters.shouldHold("text " + topic.name(), bytes("no Avro"), "UNREADABLE");
            letters.shouldHold("nothing " + topic.name(), new byte[0], "UNREADABLE");
            letters.shouldHold("schema " + topic.name(), unknownSchema, "UNREADABLE");
        }
    }

    @Test
    void shouldSayWhereADeadLetterCameFrom() {
        put(topics.samples(), "from", bytes("no Avro"), "mine", "kept");
        var letter = letters.await("from", bytes("no Avro"));
        assertThat(DeadLetters.header(letter, Nodes.SOURCE_HEADER)).matches("lethe\\.samples-\\d+@\\d+");
        assertThat(DeadLetters.header(letter, "mine")).isEqualTo("kept");
    }

    /** Its headers still tell which request it was. */
    @Test
    void shouldAnswerAnUnreadableRequestWhoseHeadersNameIt() {
        byte[] broken = Arrays.copyOf(Messages.encode(delete("broken", List.of("s1"))), 20);
        put(topics.requests(), DATASET, broken, "ce_id", "broken", "ce_type", "dev.lethe.DeleteRequest.v1");
        Receipt receipt = client.awaitReceipt("broken", WAIT);
        assertThat(receipt.getStatus()).isEqualTo(ReceiptStatus.REFUSED);
        assertThat(receipt.getReasonCode()).isEqualTo("UNREADABLE");
        assertThat(receipt.getDataset()).isEqualTo(DATASET);
        letters.shouldHold(DATASET, broken, "UNREADABLE");
    }

    @Test
    void shouldNotBeMisledByWrongHeaders() {
        String sample = left.keySet().iterator().next();
        left.remove(sample);
        byte[] good = Messages.encode(delete("right", List.of(sample)));
        put(topics.requests(), DATASET, good, "ce_id", "wrong", "ce_type", "x", Nodes.ORIGIN_HEADER, "lethe");
        assertThat(client.awaitReceipt("right", WAIT).getStatus()).isEqualTo(ReceiptStatus.APPLIED);
    }

    /** Kafka itself keeps records without key out of a compacted topic. */
    @Test
    void shouldPutAsideOrRefuseWrongAndMissingKeys() {
        byte[] sample = Messages.encode(sample("keyless"));
        shouldNotTake(new ProducerRecord<>(topics.samples().name(), null, sample), InvalidRecordException.class);
        put(topics.samples(), "d", sample);
        letters.shouldHold("d", sample, "BAD_KEY");
        byte[] spec = Messages.encode(
                ModelSpec.newBuilder(model()).setModelId("keyless").build());
        shouldNotTake(new ProducerRecord<>(topics.models().name(), null, spec), InvalidRecordException.class);
        put(topics.models(), "d", spec);
        letters.shouldHold("d", spec, "BAD_KEY");
        put(topics.requests(), null, Messages.encode(delete("keyless", List.of("s59"))));
        assertThat(client.awaitReceipt("keyless", WAIT).getReasonCode()).isEqualTo("BAD_KEY");
        put(topics.requests(), "other", Messages.encode(delete("other key", List.of("s59"))));
        assertThat(client.awaitReceipt("other key", WAIT).getReasonCode()).isEqualTo("BAD_KEY");
    }

    @Test
    void shouldPutAsideMissingValues() {
        put(topics.requests(), DATASET, null);
        letters.shouldHold(DATASET, null, "UNREADABLE");
        // On these two a missing value is a tombstone, here of what never was.
        put(topics.samples(), "d/never", null);
        put(topics.models(), "never", null);
    }

    @Test
    void shouldRefuseOversizedTexts() {
        String huge = "x".repeat(MEGABYTE * 85 / 100);
        put(topics.requests(), DATASET, Messages.encode(delete(huge, List.of("s59"))));
        assertThat(client.awaitReceipt(huge, WAIT).getReasonCode()).isEqualTo("BAD_REQUEST_ID");
        var dataset = new DeleteRequest("huge dataset", huge, List.of("s59"), List.of(), null, null);
        put(topics.requests(), DATASET, Messages.encode(dataset));
        assertThat(client.awaitReceipt("huge dataset", WAIT).getReasonCode()).isEqualTo("BAD_DATASET");
        assertThat(receipt(delete("huge sample", List.of(huge))).getStatus()).isEqualTo(ReceiptStatus.REFUSED);
        var label = new RelabelRequest("huge label", DATASET, List.of(new Relabelling("s59", huge)), null, null);
        assertThat(receipt(label).getStatus()).isEqualTo(ReceiptStatus.REFUSED);
        Sample whose = Sample.newBuilder(sample("whose")).setSubjectId(huge).build();
        put(topics.samples(), "d/whose", Messages.encode(whose));
        letters.shouldHold("d/whose", Messages.encode(whose), "BAD_SUBJECT_ID");
        Sample labelled = Sample.newBuilder(sample("labelled")).setLabel(huge).build();
        put(topics.samples(), "d/labelled", Messages.encode(labelled));
    }

    private void shouldNotTake(ProducerRecord<byte[], byte[]> record, Class<? extends Throwable> because) {
        assertThatThrownBy(() -> producer.send(record).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(because);
    }

    @Test
    void shouldNotLetARecordOverTheLimitIn() {
        byte[] huge = Messages.encode(delete("over", List.of("x".repeat(2 * MEGABYTE))));
        for (Topic<?, ?> topic : List.of(topics.requests(), topics.samples(), topics.models())) {
            shouldNotTake(new ProducerRecord<>(topic.name(), bytes(DATASET), huge), RecordTooLargeException.class);
        }
    }

    @Test
    void shouldGoOnAfterMutatedRecords() {
        var mutations = new Mutations(SEED, topics);
        int before = letters.size();
        for (int i = 0; i < MUTATIONS; i++) {
            var mutated = mutations.next();
            put(mutated.topic(), mutated.key(), mutated.value());
        }
        letters.awaitMore(before + MUTATIONS / 4);
        letters.shouldHaveReasons("seed " + SEED);
    }
}
