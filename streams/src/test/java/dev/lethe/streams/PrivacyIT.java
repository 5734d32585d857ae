package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.PrivacySpec;
import dev.lethe.schemas.PrivacyStatement;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettlePolicy;
import dev.lethe.schemas.VersionKind;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import dev.lethe.streams.topology.Doubles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The (ε, δ) account of a model over a real broker, through its noise and a restart, and where the noise is to be found. */
class PrivacyIT {
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final long VERSIONS_PER_NOISE = 3L;
    /** Of a difference of two doubles and its way back. */
    private static final double ROUNDING = 1e-15;

    private static final String ANCHORS = "anchors-changelog";

    @TempDir
    Path directory;

    private final Stream stream = new Stream(38);
    private int requests;

    private LetheService start() {
        return LetheService.start(ServiceConfig.of(
                Map.of("data.dir", directory.toString(), "local.port", "0", "shards", "2", "model.partitions", "1")));
    }

    private static LetheClient connect(LetheService service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                .follow(From.BEGINNING);
    }

    private static ModelSpec model(String id, double sigma) {
        return ModelSpec.newBuilder(Stream.model(id))
                .setPrivacy(new PrivacySpec(1.0, 1e-4, sigma, VERSIONS_PER_NOISE))
                // Settled by itself in a quiet moment, the model would have one more version to count.
                .setSettle(SettlePolicy.NEVER)
                .build();
    }

    /** What one deletion brought each model. */
    private Map<String, ModelReceipt> delete(LetheClient client) {
        String sample = "s" + requests;
        var request = new DeleteRequest("r" + requests++, Stream.DATASET, List.of(sample), List.of(), null, null);
        Map<String, ModelReceipt> models = new LinkedHashMap<>();
        client.awaitReceipt(client.send(request), WAIT)
                .receipt()
                .getModels()
                .forEach(m -> models.put(m.getModelId(), m));
        return models;
    }

    @Test
    void shouldAccountForEveryVersionAndKeepTheNoiseToItself() throws Exception {
        var root = (Logger) LoggerFactory.getLogger("dev.lethe");
        Level before = root.getLevel();
        var log = new ListAppender<ILoggingEvent>();
        log.start();
        root.setLevel(Level.TRACE);
        root.addAppender(log);
        PrivacyStatement second;
        try (var service = start();
                var client = connect(service)) {
            second = spend(client);
        }
        try (var service = start();
                var client = connect(service)) {
            goOn(client, second);
            List<ConsumerRecord<byte[], byte[]>> records = records(service.bootstrapServers());
            shouldKeepTheNoise(records, log.list);
        } finally {
            root.detachAppender(log);
            root.setLevel(before);
        }
    }

    /** Every version counts; when the noise is used up a refit draws another. @return the statement of the last version */
    private PrivacyStatement spend(LetheClient client) {
        client.awaitConsumed(client.putSamples(ofNobody(stream.samples(400, 20)), 1_000), WAIT);
        client.awaitConsumed(client.putSamples(List.of(unreadable()), 1_000), WAIT);
        client.putModel(model("roomy", 10), 2_000);
        client.putModel(model("tight", 1e-4), 2_000);
        ModelVersion first = client.awaitVersion("roomy", 1, WAIT);
        client.awaitVersion("tight", 1, WAIT);
        shouldSay(first.getPrivacy(), first.getPrivacy().getNoiseId(), 1);
        for (int version = 2; version <= VERSIONS_PER_NOISE; version++) {
            var models = delete(client);
            shouldSay(models.get("roomy").getPrivacy(), first.getPrivacy().getNoiseId(), version);
            assertThat(models.get("roomy").getKind()).isEqualTo(VersionKind.PATCHED);
            assertThat(models.get("tight").getKind()).isEqualTo(VersionKind.SETTLED);
            assertThat(models.get("tight").getReasonCode()).isEqualTo("PRIVACY_BUDGET");
        }
        ModelReceipt refitted = delete(client).get("roomy");
        assertThat(refitted.getKind()).isEqualTo(VersionKind.REFIT);
        assertThat(refitted.getReasonCode()).isEqualTo("NOISE_USED_UP");
        String noise = refitted.getPrivacy().getNoiseId();
        assertThat(noise).isNotEqualTo(first.getPrivacy().getNoiseId());
        shouldSay(refitted.getPrivacy(), noise, 1);
        assertThat(client.versions("roomy"))
                .extracting(ModelVersion::getPrivacy)
                .last()
                .isEqualTo(refitted.getPrivacy());
        return refitted.getPrivacy();
    }

    /** After a restart the noise is the same and its versions are still counted. */
    private void goOn(LetheClient client, PrivacyStatement before) {
        shouldSay(delete(client).get("roomy").getPrivacy(), before.getNoiseId(), before.getVersionsOfNoise() + 1);
    }

    private static void shouldSay(PrivacyStatement statement, String noise, long versions) {
        assertThat(statement.getCertified()).isTrue();
        assertThat(statement.getClaimScope()).isEqualTo("single-version, non-adaptive");
        assertThat(statement.getNoiseId()).isEqualTo(noise);
        assertThat(statement.getVersionsOfNoise()).isEqualTo(versions);
        assertThat(statement.getSpent() + statement.getRemaining())
                .isCloseTo(statement.getBudget(), within(ROUNDING * statement.getBudget()));
        assertThat(statement.getSpent()).isLessThanOrEqualTo(statement.getBudget());
    }

    /** Without subjects nothing is screened: the budget alone decides. */
    private static List<Sample> ofNobody(List<Sample> samples) {
        return samples.stream()
                .map(s -> Sample.newBuilder(s).setSubjectId(null).build())
                .toList();
    }

    /** For the dead letters. */
    private static Sample unreadable() {
        return new Sample(Stream.DATASET, "bad", null, Doubles.toBuffer(new double[] {Double.NaN}), "no", 1.0);
    }

    private static void shouldKeepTheNoise(List<ConsumerRecord<byte[], byte[]>> records, List<ILoggingEvent> log)
            throws IOException {
        Map<String, ModelAnchor> today = new LinkedHashMap<>();
        Map<String, double[]> noises = new LinkedHashMap<>();
        for (var changelog : records) {
            if (changelog.topic().endsWith(ANCHORS)) {
                ModelAnchor anchor = ModelAnchor.getDecoder().decode(changelog.value());
                // A model that was just opened has drawn none yet.
                if (anchor.getPerturbation() != null) {
                    noises.put(anchor.getNoiseId(), Doubles.toArray(anchor.getPerturbation()));
                }
                today.put(anchor.getSpec().getModelId(), anchor);
            }
        }
        // Two models, the first with two noises and the other one with more.
        assertThat(noises).hasSizeGreaterThanOrEqualTo(3);
        List<String> texts = new ArrayList<>();
        log.forEach(event -> texts.add(event.getFormattedMessage() + event.getKeyValuePairs()));
        assertThat(records)
                .extracting(ConsumerRecord::topic)
                .contains(
                        "lethe.versions",
                        "lethe.receipts",
                        "lethe.dead-letters",
                        "lethe.answers",
                        "lethe.passes",
                        "lethe.versions.latest");
        assertThat(texts).isNotEmpty();
        noises.forEach((id, b) -> {
            for (double value : b) {
                shouldNotOccur(value, records, texts);
            }
        });
        // The newest record of each model, the only one that compaction keeps, knows one noise.
        today.forEach((model, anchor) -> noises.forEach((id, b) -> {
            if (!id.equals(anchor.getNoiseId())) {
                assertThat(Doubles.toArray(anchor.getPerturbation())).doesNotContain(b);
            }
        }));
    }

    private static void shouldNotOccur(double value, List<ConsumerRecord<byte[], byte[]>> records, List<String> texts) {
        byte[] little = bytes(value, ByteOrder.LITTLE_ENDIAN);
        byte[] big = bytes(value, ByteOrder.BIG_ENDIAN);
        for (var published : records) {
            if (!published.topic().endsWith(ANCHORS)) {
                assertThat(contains(published.value(), little) || contains(published.value(), big))
                        .as("noise in a record of %s", published.topic())
                        .isFalse();
                published
                        .headers()
                        .forEach(h -> assertThat(contains(h.value(), little) || contains(h.value(), big))
                                .as("noise in a header of %s", published.topic())
                                .isFalse());
            }
        }
        String digits = Double.toString(Math.abs(value)).substring(0, 8);
        assertThat(texts).as("the log").noneMatch(text -> text.contains(digits));
        records.forEach(record -> assertThat(
                        new String(record.value() == null ? new byte[0] : record.value(), StandardCharsets.ISO_8859_1))
                .as("text of a record of %s", record.topic())
                .doesNotContain(digits));
    }

    private static byte[] bytes(double value, ByteOrder order) {
        return ByteBuffer.allocate(Double.BYTES).order(order).putDouble(value).array();
    }

    private static boolean contains(byte[] text, byte[] part) {
        return text != null
                && IntStream.rangeClosed(0, text.length - part.length)
                        .anyMatch(at -> text[at] == part[0]
                                && java.util.Arrays.equals(text, at, at + part.length, part, 0, part.length));
    }

    /** Everything that any topic holds, changelogs included. */
    private static List<ConsumerRecord<byte[], byte[]>> records(String bootstrapServers) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers);
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(config, bytes, bytes)) {
            List<TopicPartition> partitions = consumer.listTopics().entrySet().stream()
                    .filter(topic -> !topic.getKey().startsWith("__"))
                    .flatMap(topic -> topic.getValue().stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
            return records;
        }
    }
}
