package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.Sample;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.publish.VersionFiles;
import dev.lethe.streams.topology.Doubles;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What stands on the topics after faults, read record by record: what is there twice is seen twice. Every check names
 * what is wrong.
 */
final class Evidence {
    private static final Duration READ = Duration.ofMinutes(2);
    private static final double TOLERANCE = 1e-9;

    private final String bootstrapServers;
    private final Topics topics = new Topics("lethe");
    private final String what;

    /** {@code what} goes into every failure: the seed, the fault. */
    Evidence(String bootstrapServers, String what) {
        this.bootstrapServers = bootstrapServers;
        this.what = what;
    }

    /**
     * Everything that must hold when the stream is at rest and its last request was a settle barrier.
     *
     * @param asked what was sent, in this order
     * @param barriers ids of settle requests that were sent besides
     */
    void shouldBeWhole(Stream stream, List<Asked> asked, Set<String> barriers, ModelSpec spec) {
        List<ModelVersion> versions = versions(spec.getModelId());
        shouldChain(versions, spec);
        ModelVersion last = versions.get(versions.size() - 1);
        assertThat(last.getRows()).as(what).isEqualTo(stream.left());
        assertThat(stream.distance(spec, last))
                .as("%s: ‖θ − θ_retrained‖ / (1 + ‖θ_retrained‖)", what)
                .isLessThan(TOLERANCE);
        shouldAnswer(asked, barriers, versions);
        shouldHoldOnly(stream);
    }

    /** Numbers without gap or repeat in the order of the topic, each with its parent's digest and its own. */
    private void shouldChain(List<ModelVersion> versions, ModelSpec spec) {
        for (int i = 0; i < versions.size(); i++) {
            ModelVersion version = versions.get(i);
            assertThat(version.getVersion())
                    .as("%s: version at place %d", what, i)
                    .isEqualTo(i + 1);
            assertThat(version.getParentDigest())
                    .as("%s: parent of version %d", what, i + 1)
                    .isEqualTo(i == 0 ? null : versions.get(i - 1).getDigest());
            assertThat(version.getDigest())
                    .as("%s: digest of version %d", what, i + 1)
                    .isEqualTo(VersionFiles.digest(spec, Doubles.toArray(version.getTheta())));
        }
    }

    private void shouldAnswer(List<Asked> asked, Set<String> barriers, List<ModelVersion> versions) {
        Map<String, List<Receipt>> receipts = new HashMap<>();
        read(
                topics.receipts(),
                (key, receipt) ->
                        receipts.computeIfAbsent(key, k -> new ArrayList<>()).add(receipt));
        Map<String, Long> sent = asked.stream().collect(Collectors.groupingBy(Asked::id, Collectors.counting()));
        barriers.forEach(id -> sent.put(id, 1L));
        assertThat(receipts.keySet()).as("%s: ids of receipts", what).isEqualTo(sent.keySet());
        receipts.forEach((id, found) -> assertThat(found)
                .as("%s: receipts of %s", what, id)
                .hasSizeBetween(1, sent.get(id).intValue()));
        asked.stream().filter(a -> !a.repeats()).forEach(a -> shouldEndAsExpected(a, receipts.get(a.id())));
        receipts.values().forEach(found -> found.forEach(r -> shouldNameItsVersions(r, versions)));
        shouldListRequests(
                versions, receipts.values().stream().flatMap(List::stream).toList());
    }

    /** Versions name the requests that changed them, each once, and none after the version that its receipt names. */
    private void shouldListRequests(List<ModelVersion> versions, List<Receipt> receipts) {
        Map<String, Long> listed = new HashMap<>();
        for (ModelVersion version : versions) {
            for (int i = 0; i < version.getRequestOffsets().size(); i++) {
                String place = version.getRequestPartitions().get(i) + "-"
                        + version.getRequestOffsets().get(i);
                assertThat(listed.put(place, version.getVersion()))
                        .as("%s: request %s, listed twice", what, place)
                        .isNull();
            }
        }
        receipts.stream()
                .filter(r -> r.getType() == RequestType.DELETE && r.getApplied() > 0)
                .forEach(r -> assertThat(listed.get(r.getPartition() + "-" + r.getOffset()))
                        .as("%s: version that lists %s", what, r)
                        .isNotNull()
                        .isLessThanOrEqualTo(versionFor(versions.get(0).getModelId(), r)));
    }

    private static long versionFor(String modelId, Receipt receipt) {
        return receipt.getModels().stream()
                .filter(m -> m.getModelId().equals(modelId))
                .findFirst()
                .orElseThrow()
                .getVersion();
    }

    /** One final receipt, to the last field; a refusal that leaves no trace in the ledger has one per place it stands. */
    private void shouldEndAsExpected(Asked asked, List<Receipt> receipts) {
        List<Receipt> fitting = receipts.stream()
                .filter(r -> isConflict(r) == asked.conflicts())
                .toList();
        assertThat(fitting).as("%s: receipts of %s", what, asked).isNotEmpty().allSatisfy(r -> {
            assertThat(r.getStatus()).as("%s: %s", what, r).isEqualTo(asked.status());
            assertThat(r.getReasonCode()).as("%s: %s", what, r).isEqualTo(asked.reasonCode());
            assertThat(r.getApplied()).as("%s: %s", what, r).isEqualTo(asked.applied());
        });
        if (asked.inLedger()) {
            assertThat(Set.copyOf(fitting))
                    .as("%s: receipts of %s", what, asked)
                    .hasSize(1);
        } else {
            assertThat(fitting)
                    .as("%s: %s", what, asked)
                    .extracting(Receipt::getOffset)
                    .doesNotHaveDuplicates();
        }
    }

    private static boolean isConflict(Receipt receipt) {
        return "CONFLICT".equals(receipt.getReasonCode());
    }

    private void shouldNameItsVersions(Receipt receipt, List<ModelVersion> versions) {
        String modelId = versions.get(0).getModelId();
        for (ModelReceipt model : receipt.getModels()) {
            if (!model.getModelId().equals(modelId)) {
                continue;
            }
            assertThat(model.getVersion())
                    .as("%s: %s", what, receipt)
                    .isNotNull()
                    .isBetween(1L, (long) versions.size());
            assertThat(model.getDigest())
                    .as("%s: %s", what, receipt)
                    .isEqualTo(versions.get(model.getVersion().intValue() - 1).getDigest());
        }
        assertThat(receipt.getModels().isEmpty())
                .as("%s: only a refusal holds no version: %s", what, receipt)
                .isEqualTo(receipt.getStatus() == ReceiptStatus.REFUSED);
    }

    /** The training data as its topic has it: what is left, as it should be; of the rest, tombstones. */
    private void shouldHoldOnly(Stream stream) {
        Map<String, Sample> found = new HashMap<>();
        read(topics.samples(), (key, sample) -> {
            if (sample == null) {
                found.remove(key);
            } else {
                found.put(key, sample);
            }
        });
        Map<String, Sample> expected = new HashMap<>();
        stream.rows().forEach((id, sample) -> expected.put(Topics.sampleKey(Stream.DATASET, id), sample));
        assertThat(found.keySet()).as("%s: keys of samples", what).isEqualTo(expected.keySet());
        found.forEach((key, sample) ->
                assertThat(sample).as("%s: sample %s", what, key).isEqualTo(expected.get(key)));
    }

    /** Versions of a model in the order of their topic. */
    List<ModelVersion> versions(String modelId) {
        List<ModelVersion> all = new ArrayList<>();
        read(topics.versions(), (key, version) -> {
            if (key.equals(modelId)) {
                all.add(version);
            }
        });
        return all;
    }

    private <V> void read(Topic<String, V> topic, BiConsumer<String, V> action) {
        var bytes = new ByteArrayDeserializer();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long deadline = System.nanoTime() + READ.toNanos();
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                assertThat(System.nanoTime())
                        .as("%s: %s is read to its end", what, topic.name())
                        .isLessThan(deadline);
                consumer.poll(Duration.ofMillis(100))
                        .forEach(r -> action.accept(
                                topic.keys().deserializer().deserialize(r.topic(), r.key()),
                                topic.values().deserializer().deserialize(r.topic(), r.value())));
            }
        }
    }
}
