package dev.lethe.streams.follow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.publish.Versions;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kafka's refusals, at the beginning and later. */
class VersionFeedTest {
    private static final Duration WAIT = Duration.ofSeconds(20);

    private final Topic<String, ModelVersion> topic = new Topics("lethe").latestVersions();
    private final TopicPartition partition = new TopicPartition(topic.name(), 0);
    private final MockConsumer<byte[], byte[]> kafka = new MockConsumer<>("earliest");
    private final Serving serving = new Serving(
            Versions.MODEL,
            new Choice(Versions.SPEC, new Topics("lethe"), Following.NEWEST, false),
            new ModelSwitch(Versions.SPEC, false),
            Optional.empty());
    private final VersionFeed feed = new VersionFeed(kafka, Versions.MODEL, List.of(topic), serving);
    private final Thread thread = new Thread(feed, "feed");

    @BeforeEach
    void start() {
        kafka.updateBeginningOffsets(Map.of(partition, 0L));
        kafka.updateEndOffsets(Map.of(partition, 0L));
        thread.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        feed.stop();
        thread.join(WAIT.toMillis());
        assertThat(thread.isAlive()).isFalse();
        assertThat(kafka.closed()).isTrue();
    }

    @Test
    void shouldGoOnWhateverKafkaRefusesInBetween() {
        await().atMost(WAIT)
                .untilAsserted(() -> assertThat(feed.problem().orElse("")).contains(topic.name() + " is not there"));

        Node node = new Node(0, "localhost", 1);
        Node[] nodes = {node};
        kafka.updatePartitions(topic.name(), List.of(new PartitionInfo(topic.name(), 0, node, nodes, nodes)));
        ModelVersion version = new Versions(5).chain(1).get(0);
        kafka.schedulePollTask(() -> kafka.addRecord(new ConsumerRecord<>(
                topic.name(),
                0,
                0,
                topic.keys().serializer().serialize(topic.name(), Versions.MODEL),
                topic.values().serializer().serialize(topic.name(), version))));
        await().atMost(WAIT)
                .untilAsserted(() ->
                        assertThat(serving.current().map(ServedModel::version)).hasValue(1L));
        assertThat(feed.problem()).isEmpty();

        kafka.setPollException(new KafkaException("not allowed at the moment"));
        await().atMost(WAIT).untilAsserted(() -> assertThat(feed.problem()).hasValue("not allowed at the moment"));
        await().atMost(WAIT).untilAsserted(() -> assertThat(feed.problem()).isEmpty());
        assertThat(serving.current()).isPresent();
    }
}
