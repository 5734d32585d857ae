package dev.lethe.streams.topology;

import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Relabelling;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;

/**
 * Which shard has a sample, by its id alone: where Kafka's own clients put a record with its key. A sample that a producer
 * of another language puts elsewhere is sent home, so that a request goes only to the shards that can know its samples.
 * Pure.
 *
 * @param shards how many there are
 */
record Homes(int shards) {

    int of(String dataset, String sampleId) {
        return ofKey(Topics.sampleKey(dataset, sampleId));
    }

    /** A sample's shard by its key: murmur2 of the UTF-8 bytes without its sign, modulo the number of shards. */
    int ofKey(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % shards;
    }

    /** How many shards a request went to. @param addressed as it was written; 0: by an older version, to all */
    int asked(int addressed) {
        return addressed > 0 ? addressed : shards;
    }

    /**
     * What each shard is asked, by shard. Subjects may be anywhere, and settling is everywhere: such requests go to all. A
     * deletion's repeated ids are folded, so that each is counted once.
     */
    SortedMap<Integer, SpecificRecord> split(SpecificRecord request) {
        if (request instanceof DeleteRequest delete) {
            return split(delete);
        }
        SortedMap<Integer, SpecificRecord> parts = new TreeMap<>();
        if (request instanceof RelabelRequest relabel) {
            byHome(relabel.getDataset(), relabel.getSamples(), Relabelling::getSampleId)
                    .forEach((shard, own) -> parts.put(shard, of(relabel, own)));
        } else if (request instanceof RectifyRequest rectify) {
            byHome(rectify.getDataset(), rectify.getSamples(), Rectification::getSampleId)
                    .forEach((shard, own) -> parts.put(shard, of(rectify, own)));
        } else {
            everywhere(parts, shard -> request);
        }
        return parts;
    }

    private SortedMap<Integer, SpecificRecord> split(DeleteRequest delete) {
        var byHome = byHome(delete.getDataset(), new LinkedHashSet<>(delete.getSamples()), id -> id);
        List<String> subjects = List.copyOf(new LinkedHashSet<>(delete.getSubjects()));
        SortedMap<Integer, SpecificRecord> parts = new TreeMap<>();
        if (subjects.isEmpty()) {
            byHome.forEach((shard, own) -> parts.put(shard, of(delete, own, subjects)));
        } else {
            everywhere(parts, shard -> of(delete, byHome.getOrDefault(shard, List.of()), subjects));
        }
        return parts;
    }

    private void everywhere(SortedMap<Integer, SpecificRecord> parts, Function<Integer, SpecificRecord> asked) {
        for (int shard = 0; shard < shards; shard++) {
            parts.put(shard, asked.apply(shard));
        }
    }

    private <T> SortedMap<Integer, List<T>> byHome(String dataset, Iterable<T> samples, Function<T, String> id) {
        SortedMap<Integer, List<T>> byHome = new TreeMap<>();
        for (T sample : samples) {
            byHome.computeIfAbsent(of(dataset, id.apply(sample)), shard -> new ArrayList<>())
                    .add(sample);
        }
        return byHome;
    }

    // Not by builders, which copy in depth.

    private static DeleteRequest of(DeleteRequest so, List<String> samples, List<String> subjects) {
        return new DeleteRequest(
                so.getRequestId(), so.getDataset(), samples, subjects, so.getEventTime(), so.getDeadline());
    }

    private static RelabelRequest of(RelabelRequest so, List<Relabelling> samples) {
        return new RelabelRequest(so.getRequestId(), so.getDataset(), samples, so.getEventTime(), so.getDeadline());
    }

    private static RectifyRequest of(RectifyRequest so, List<Rectification> samples) {
        return new RectifyRequest(so.getRequestId(), so.getDataset(), samples, so.getEventTime(), so.getDeadline());
    }
}
