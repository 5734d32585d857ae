package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import dev.lethe.streams.config.ServiceConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records whose times are wrong by years, as producers with a wrong clock write them. */
class ClockIT {
    private static final long SEED = Long.getLong("lethe.seed", 61);
    private static final Duration WAIT = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Stream stream = new Stream(SEED);

    @Test
    void shouldGoByTheOrderOfRequestsWhateverTimesTheyClaim() {
        var config = ServiceConfig.of(Map.of("data.dir", directory.toString(), "local.port", "0", "shards", "3"));
        try (var service = LetheService.start(config);
                var client = LetheClient.connect(
                                ClientSettings.of(service.bootstrapServers(), "lethe"), service::failure)
                        .follow(From.BEGINNING)) {
            client.awaitConsumed(client.putSamples(stream.samples(1_000, 100), 1_000), WAIT);
            client.putModel(Stream.model("m"), 0);
            client.awaitVersion("m", 1, WAIT);
            List<Asked> asked = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                asked.add(stream.mixed());
                LetheClient.join(client.send(asked.get(i).request(), time()));
            }
            shouldKeepLaterSamplesOfASubject(client);
            shouldRefuseTheFarFuture(client);
            asked.forEach(a -> client.awaitReceipt(a.id(), WAIT));
            var settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                    .receipt();
            assertThat(settled.getStatus()).as("seed %d", SEED).isEqualTo(ReceiptStatus.APPLIED);
            shouldKeepPartsAsLongAsAnyOther(service);
            new Evidence(service.bootstrapServers(), "seed " + SEED)
                    .shouldBeWhole(stream, asked, Set.of("barrier", "too-early"), Stream.model("m"));
        }
    }

    /** Between 1970 and the hour to come that Kafka still takes. */
    private long time() {
        long now = System.currentTimeMillis();
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> now - Duration.ofDays(400).toMillis();
            case 2 -> now + Duration.ofMinutes(50).toMillis();
            default -> now;
        };
    }

    /** A deletion of a subject speaks of what was there at its time. */
    private void shouldKeepLaterSamplesOfASubject(LetheClient client) {
        String subject = stream.rows().values().iterator().next().getSubjectId();
        var early = new DeleteRequest("too-early", Stream.DATASET, List.of(), List.of(subject), null, null);
        Receipt receipt = client.awaitReceipt(LetheClient.join(client.send(early, 500)), WAIT)
                .receipt();
        assertThat(receipt.getReasonCode()).isEqualTo("UNKNOWN_SUBJECT");
    }

    private void shouldRefuseTheFarFuture(LetheClient client) {
        long year3000 = Instant.parse("3000-01-01T00:00:00Z").toEpochMilli();
        assertThatThrownBy(() -> LetheClient.join(client.send(Stream.settle("never"), year3000)))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("imestamp");
        assertThatThrownBy(() -> client.putSamples(stream.erased().subList(0, 1), year3000))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("imestamp");
    }

    /** With the time that the request claims, Kafka's retention would delete the part of an old one at once. */
    private static void shouldKeepPartsAsLongAsAnyOther(LetheService service) {
        var bytes = new ByteArrayDeserializer();
        long earliest = System.currentTimeMillis() - Duration.ofMinutes(10).toMillis();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", service.bootstrapServers()), bytes, bytes)) {
            for (String topic : List.of("lethe.parts", "lethe.answers", "lethe.applied")) {
                for (int partition = 0;
                        partition < consumer.partitionsFor(topic).size();
                        partition++) {
                    consumer.assign(List.of(new TopicPartition(topic, partition)));
                    consumer.seekToBeginning(consumer.assignment());
                    consumer.poll(Duration.ofSeconds(1))
                            .forEach(r -> assertThat(r.timestamp()).as(topic).isGreaterThan(earliest));
                }
            }
        }
    }
}
