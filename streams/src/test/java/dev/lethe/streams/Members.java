package dev.lethe.streams;

import static org.awaitility.Awaitility.await;

import dev.lethe.schemas.Cut;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Which process of a deployment has which partitions, and how its shards answer passes. */
final class Members implements AutoCloseable {
    private static final Duration WAIT = Duration.ofSeconds(240);

    private final String bootstrapServers;
    private final Topics topics = new Topics("lethe");
    private final Admin admin;

    Members(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    /** Waits until so many processes have partitions of their own. Returns their ids. */
    Set<String> awaitSharing(int processes) {
        return await("partitions shared by " + processes)
                .atMost(WAIT)
                .pollInterval(Duration.ofMillis(200))
                .until(this::sharing, sharing -> sharing.size() == processes);
    }

    private Set<String> sharing() throws ExecutionException, InterruptedException {
        return all().stream()
                .filter(member -> !member.assignment().topicPartitions().isEmpty())
                .map(Members::process)
                .collect(Collectors.toSet());
    }

    /** Shards of all processes but this one. */
    Set<Integer> shardsWithout(String process) throws ExecutionException, InterruptedException {
        return all().stream()
                .filter(member -> !process(member).equals(process))
                .flatMap(member -> member.assignment().topicPartitions().stream())
                .filter(partition -> partition.topic().equals(topics.samples().name()))
                .map(TopicPartition::partition)
                .collect(Collectors.toSet());
    }

    private List<MemberDescription> all() throws ExecutionException, InterruptedException {
        var group = admin.describeConsumerGroups(List.of("lethe")).all().get().get("lethe");
        return List.copyOf(group.members());
    }

    /** The id from the data directory; Kafka Streams adds the number of the thread. */
    private static String process(MemberDescription member) {
        String id = member.groupInstanceId().orElseThrow();
        return id.substring(0, id.lastIndexOf('-'));
    }

    /** Waits until one of these shards has committed a cut of a pass. @param answers opened before the pass was asked for */
    Cut awaitCut(KafkaConsumer<byte[], byte[]> answers, Set<Integer> shards) {
        long end = System.nanoTime() + WAIT.toNanos();
        while (System.nanoTime() < end) {
            for (Cut cut : cuts(answers)) {
                if (shards.contains(cut.getShard())) {
                    return cut;
                }
            }
        }
        throw new AssertionError("no pass has begun at shards " + shards);
    }

    /** Cuts of shards that began their answer to a pass again, up to now. */
    List<Cut> repeatedCuts() {
        try (var answers = answers()) {
            var ends = answers.endOffsets(answers.assignment());
            List<Cut> repeated = new ArrayList<>();
            while (ends.keySet().stream().anyMatch(p -> answers.position(p) < ends.get(p))) {
                cuts(answers).stream().filter(cut -> cut.getAttempt() > 1).forEach(repeated::add);
            }
            return repeated;
        }
    }

    /** What shards answer to models, committed, from the first record. */
    KafkaConsumer<byte[], byte[]> answers() {
        var bytes = new ByteArrayDeserializer();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        var consumer = new KafkaConsumer<>(settings, bytes, bytes);
        List<TopicPartition> partitions = consumer
                .partitionsFor(topics.answers().name())
                .stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return consumer;
    }

    private List<Cut> cuts(KafkaConsumer<byte[], byte[]> answers) {
        var topic = topics.answers();
        List<Cut> cuts = new ArrayList<>();
        for (var record : answers.poll(Duration.ofMillis(50))) {
            if (topic.values().deserializer().deserialize(topic.name(), record.value()) instanceof Cut cut) {
                cuts.add(cut);
            }
        }
        return cuts;
    }

    @Override
    public void close() {
        admin.close();
    }
}
