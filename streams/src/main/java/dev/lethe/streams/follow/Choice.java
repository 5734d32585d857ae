package dev.lethe.streams.follow;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Which version is to be served, after what the topics said so far. One thread. */
final class Choice {
    private final String model;
    private final Topics topics;
    private final Following following;
    private final boolean fromStore;
    /** Every version of the model goes through a gate: a newest one alone says nothing. */
    private final boolean gated;

    private Target newest;
    private Target champion;

    Choice(ModelSpec spec, Topics topics, Following following, boolean fromStore) {
        this.model = spec.getModelId();
        this.topics = topics;
        this.following = following;
        this.fromStore = fromStore;
        this.gated = spec.getPromote() != null;
    }

    /** The topics to read, from their beginning. */
    List<Topic<String, ?>> sources() {
        Topic<String, ?> versions = fromStore ? topics.artifacts() : topics.latestVersions();
        return following == Following.NEWEST ? List.of(versions) : List.of(versions, topics.championVersions());
    }

    /** Whether only the whole of the topics tells: a newest version says nothing of a champion behind it. */
    boolean needsAll() {
        return following == Following.CHAMPION;
    }

    /** Takes in a record. Returns whether it was about this model. */
    boolean take(ConsumerRecord<byte[], byte[]> record) {
        if (!model.equals(topics.versions().keys().deserializer().deserialize("", record.key()))) {
            return false;
        }
        if (record.topic().equals(topics.championVersions().name())) {
            champion = record.value() == null ? null : champion(read(topics.championVersions(), record));
        } else if (record.value() != null) {
            newest(
                    fromStore
                            ? new Target.Stored(read(topics.artifacts(), record))
                            : new Target.Inline(read(topics.latestVersions(), record)));
        }
        return true;
    }

    private Target champion(ModelVersion chosen) {
        return fromStore ? new Target.Numbered(chosen.getVersion(), chosen.getDigest()) : new Target.Inline(chosen);
    }

    private static <V> V read(Topic<String, V> topic, ConsumerRecord<byte[], byte[]> record) {
        return topic.values().deserializer().deserialize(record.topic(), record.value());
    }

    /** A version was announced. */
    void announced(VersionArtifact version) {
        newest(new Target.Stored(version));
    }

    private void newest(Target version) {
        if (newest == null || version.version() > newest.version()) {
            newest = version;
        }
    }

    /** Whether it has heard of any version. */
    boolean knowsNewest() {
        return newest != null;
    }

    /** What to serve, as far as it is known. */
    Optional<Target> wanted() {
        if (following == Following.NEWEST) {
            return Optional.ofNullable(newest);
        }
        return Optional.ofNullable(champion == null && !gated ? newest : champion);
    }
}
