package dev.lethe.streams.follow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.publish.ArtifactReader;
import dev.lethe.streams.publish.LocalStore;
import dev.lethe.streams.publish.Stored;
import dev.lethe.streams.publish.Versions;
import dev.lethe.streams.topology.Topic;
import dev.lethe.streams.topology.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingTest {
    @TempDir
    private Path folder;

    private final Topics topics = new Topics("lethe");
    private final ModelSpec spec = Versions.SPEC;
    private final List<ModelVersion> versions = new Versions(5).chain(3);
    private long offset;

    private Serving serving(Following following, Optional<ArtifactReader> store) {
        return new Serving(
                Versions.MODEL,
                new Choice(spec, topics, following, store.isPresent()),
                new ModelSwitch(spec, following == Following.CHAMPION),
                store);
    }

    private <V> ConsumerRecord<byte[], byte[]> record(Topic<String, V> topic, V value) {
        return record(topic, topic.values().serializer().serialize(topic.name(), value));
    }

    private ConsumerRecord<byte[], byte[]> record(Topic<String, ?> topic, byte[] value) {
        byte[] key = topic.keys().serializer().serialize(topic.name(), Versions.MODEL);
        return new ConsumerRecord<>(topic.name(), 0, offset++, key, value);
    }

    private static Optional<Long> served(Serving serving) {
        return serving.current().map(ServedModel::version);
    }

    @Test
    void shouldServeTheLastOfWhatCameTogether() {
        Serving serving = serving(Following.NEWEST, Optional.empty());
        versions.forEach(version -> serving.take(record(topics.latestVersions(), version)));
        assertThat(serving.current()).isEmpty();
        serving.serve();

        assertThat(served(serving)).hasValue(3L);
        assertThat(serving.newest()).isEqualTo(3);
        assertThat(serving.problem()).isEmpty();
    }

    @Test
    void shouldSayThatAVersionCannotBeReadUntilALaterOneIsServed() {
        Serving serving = serving(Following.NEWEST, Optional.empty());
        serving.take(record(topics.latestVersions(), versions.get(0)));
        serving.take(record(topics.latestVersions(), new byte[] {1, 2, 3}));
        serving.serve();
        serving.serve();

        assertThat(served(serving)).hasValue(1L);
        assertThat(serving.problem()).isPresent();
        serving.take(record(topics.latestVersions(), versions.get(1)));
        serving.serve();
        assertThat(served(serving)).hasValue(2L);
        assertThat(serving.problem()).isEmpty();
    }

    @Test
    void shouldSayThatAVersionIsDamagedUntilALaterOneIsServed() {
        Serving serving = serving(Following.NEWEST, Optional.empty());
        ModelVersion damaged = ModelVersion.newBuilder(versions.get(1))
                .setDigest("0".repeat(64))
                .build();
        serving.take(record(topics.latestVersions(), versions.get(0)));
        serving.serve();
        serving.take(record(topics.latestVersions(), damaged));
        serving.serve();

        assertThat(served(serving)).hasValue(1L);
        assertThat(serving.newest()).isEqualTo(2);
        assertThat(serving.problem().orElseThrow()).contains("version 2: expected digest 000");
        assertThat(serving.again()).as("another try would find the same").isFalse();
        serving.take(record(topics.latestVersions(), versions.get(2)));
        serving.serve();
        assertThat(served(serving)).hasValue(3L);
        assertThat(serving.problem()).isEmpty();
    }

    /** Announcements are kept for a while only: of a model that rests for longer, the store alone knows. */
    @Test
    void shouldAskAStoreAgainThatWasAwayAtFirst() throws IOException {
        Path store = folder.resolve("store");
        Files.writeString(store, "a file where the folder should be");
        Serving serving = serving(Following.NEWEST, Optional.of(new ArtifactReader(new LocalStore(store))));
        serving.serve();
        assertThat(serving.again()).isTrue();

        Files.delete(store);
        Stored.write(store, spec, versions);
        Path index = store.resolve(Versions.MODEL + "/versions/0000000000000000003.json");
        byte[] content = Files.readAllBytes(index);
        Files.write(index, new byte[] {'{'});
        serving.serve();
        assertThat(serving.problem()).as("it may be in the making").isEmpty();
        serving.serve();
        assertThat(serving.again()).isTrue();
        assertThat(serving.problem().orElseThrow()).contains("index of model digits version 3", "damaged");
        Files.write(index, content);
        serving.serve();

        assertThat(served(serving)).hasValue(3L);
        assertThat(serving.problem()).isEmpty();
        assertThat(serving.again()).isFalse();
    }

    /** The topic still names versions that the store has removed since. */
    @Test
    void shouldBeginWithTheNewestThatTheStoreHas() throws IOException {
        var announced = Stored.write(folder, spec, versions);
        Serving serving = serving(Following.NEWEST, Optional.of(new ArtifactReader(new LocalStore(folder))));
        serving.take(record(topics.artifacts(), announced.get(0)));
        serving.serve();

        assertThat(served(serving)).hasValue(3L);
        assertThat(serving.problem()).isEmpty();
    }

    /** Else an application would begin with a version that the champion's record, a moment later, takes back. */
    @Test
    void shouldWaitForEverythingThatIsThereBeforeItServesAChampion() {
        Serving serving = serving(Following.CHAMPION, Optional.empty());
        serving.take(record(topics.latestVersions(), versions.get(2)));
        serving.serve();
        assertThat(serving.current()).isEmpty();

        serving.take(record(topics.championVersions(), versions.get(0)));
        serving.caughtUp();
        serving.serve();
        assertThat(served(serving)).hasValue(1L);

        serving.take(record(topics.championVersions(), (byte[]) null));
        serving.serve();
        assertThat(served(serving)).as("the newest is the champion again").hasValue(3L);
    }
}
