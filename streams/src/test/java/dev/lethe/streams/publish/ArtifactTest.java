package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.publish.ArtifactChain.Finding;
import dev.lethe.unlearn.format.ModelWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactTest {
    private static final String REQUESTS = "lethe.requests";

    @TempDir
    private Path folder;

    private final Versions versions = new Versions(17);
    private ArtifactStore store;

    @BeforeEach
    void open() {
        store = new LocalStore(folder);
    }

    private List<VersionArtifact> write(ArtifactStore to, int count) throws IOException {
        return Stored.write(new ArtifactWriter(to, REQUESTS), Versions.SPEC, versions.chain(count));
    }

    private List<Finding> verify() throws IOException {
        return ArtifactChain.verify(store, Versions.MODEL);
    }

    @Test
    void shouldWriteAChainThatCanBeChecked() throws IOException {
        List<VersionArtifact> written = write(store, 5);

        assertThat(verify()).hasSize(5).allSatisfy(f -> assertThat(f.problem()).isNull());
        assertThat(written.get(0).getParentDigest()).isNull();
        assertThat(written.get(4).getParentDigest()).isEqualTo(written.get(3).getDigest());
        assertThat(new ArtifactReader(store).newest(Versions.MODEL)).hasValue(5);
        JsonNode manifest = new ArtifactReader(store)
                .manifest(Versions.MODEL, written.get(4).getArtifact());
        assertThat(manifest.path("requests").path("coordinates"))
                .extracting(JsonNode::asText)
                .containsExactly(REQUESTS + "-2@" + 105);
        assertThat(manifest.path("parent_artifact").asText())
                .isEqualTo(written.get(3).getArtifact());
    }

    /** One file after the other is damaged; the check names the version each time, and only that one or its child. */
    @Test
    void shouldFindEveryDamagedFile() throws IOException {
        write(store, 3);
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        assertThat(files).hasSizeGreaterThan(10);
        for (Path file : files) {
            byte[] content = Files.readAllBytes(file);
            byte[] damaged = content.clone();
            damaged[damaged.length / 2] ^= 1;
            Files.write(file, damaged);
            assertThat(verify())
                    .as(file.toString())
                    .anySatisfy(f -> assertThat(f.problem()).isNotBlank());
            Files.write(file, content);
        }
        assertThat(verify()).allSatisfy(f -> assertThat(f.problem()).isNull());
    }

    @Test
    void shouldPassOverWhatItDidNotPutThere() throws IOException {
        write(store, 2);
        store.put(Versions.MODEL + "/versions/readme.txt", new byte[1]);
        store.put(Versions.MODEL + "/versions/9999999999999999999.json", new byte[1]);

        assertThat(new ArtifactReader(store).newest(Versions.MODEL)).hasValue(2);
    }

    @Test
    void shouldFindExchangedVersions() throws IOException {
        write(store, 3);
        Path two = folder.resolve(ArtifactKeys.index(Versions.MODEL, 2));
        Path three = folder.resolve(ArtifactKeys.index(Versions.MODEL, 3));
        byte[] content = Files.readAllBytes(two);
        Files.write(two, Files.readAllBytes(three));
        Files.write(three, content);

        assertThat(verify().get(1).problem()).contains("version: expected 2, got 3");
    }

    @Test
    void shouldFindExchangedCutAndOversizedWeights() throws IOException {
        List<VersionArtifact> written = write(store, 3);
        List<String> keys = written.stream()
                .map(v -> ArtifactKeys.file(Versions.MODEL, v.getArtifact(), VersionFiles.WEIGHTS))
                .toList();
        byte[] second = store.get(keys.get(1), Integer.MAX_VALUE).orElseThrow();
        byte[] third = store.get(keys.get(2), Integer.MAX_VALUE).orElseThrow();

        store.put(keys.get(2), second);
        assertThat(verify().get(2).problem()).contains("damaged or was exchanged");
        store.put(keys.get(2), Arrays.copyOf(third, third.length / 2));
        assertThat(verify().get(2).problem()).contains("damaged or was exchanged");
        store.put(keys.get(2), Arrays.copyOf(third, third.length + 1));
        assertThat(verify().get(2).problem())
                .contains("expected at most " + third.length + " bytes, got " + (third.length + 1));
        assertThat(verify().get(1).problem()).isNull();
    }

    @Test
    void shouldRefuseADamagedRecordAndWriteNothing() throws IOException {
        ModelVersion bad = versions.chain(1).get(0);
        bad.put("digest", "0".repeat(64));

        assertThatThrownBy(() -> new ArtifactWriter(store, REQUESTS).add(bad, Versions.SPEC))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected digest 000");
        assertThat(store.list(Versions.MODEL + "/artifacts/")).isEmpty();
    }

    @Test
    void shouldGoOnWithoutADeltaWhereTheParentIsMissing() throws IOException {
        List<VersionArtifact> written = write(store, 2);
        store.delete(ArtifactKeys.file(Versions.MODEL, written.get(1).getArtifact(), VersionFiles.WEIGHTS));

        ModelVersion third = versions.chain(3).get(2);
        VersionArtifact after = Stored.write(new ArtifactWriter(store, REQUESTS), Versions.SPEC, List.of(third))
                .get(0);

        assertThat(after.getParentDigest()).isNull();
        assertThat(ModelWeights.digest(new ArtifactReader(store)
                        .weights(Versions.MODEL, after.getArtifact(), after.getDigest(), after.getBytes())))
                .isEqualTo(third.getDigest());
    }

    /** Versions are made at 1 s, 2 s, ...: the first two are older than 3 s. */
    @Test
    void shouldRemoveOldVersionsAndWhatTheyCouldBeMadeFrom() throws IOException {
        List<VersionArtifact> written = write(store, 4);

        assertThat(new ArtifactRetention(store).sweep(Versions.MODEL, Instant.ofEpochSecond(3)))
                .isEqualTo(2);

        assertThat(store.list(Versions.MODEL + "/artifacts/"))
                .noneMatch(key -> key.contains(written.get(0).getArtifact()))
                .noneMatch(key -> key.contains(written.get(1).getArtifact()))
                .doesNotContain(ArtifactKeys.file(Versions.MODEL, written.get(2).getArtifact(), Artifact.DELTA));
        assertThat(verify()).extracting(Finding::version).containsExactly(3L, 4L);
        assertThat(verify()).allSatisfy(f -> assertThat(f.problem()).isNull());
        assertThat(new ArtifactRetention(store).sweep(Versions.MODEL, Instant.ofEpochSecond(100)))
                .isEqualTo(1);
        assertThat(verify()).extracting(Finding::version).containsExactly(4L);
    }

    /** Otherwise one damaged file would keep what was erased since in all versions after it. */
    @Test
    void shouldRemoveTheOthersWhereOneIsDamagedAndSaySo() throws IOException {
        write(store, 4);
        store.put(ArtifactKeys.index(Versions.MODEL, 1), new byte[] {'{'});

        assertThatThrownBy(() -> new ArtifactRetention(store).sweep(Versions.MODEL, Instant.ofEpochSecond(3)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("index of model digits version 1")
                .hasMessageContaining("damaged");

        assertThat(new ArtifactReader(store).versions(Versions.MODEL)).containsExactly(1L, 3L, 4L);
    }

    /** Whichever write is the last one before a crash, no version is listed whose files are not there. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNeverListAVersionWithoutItsFiles(boolean together) throws IOException {
        for (int allowed = 0; ; allowed++) {
            store = new LocalStore(folder.resolve("crash-" + allowed));
            try (var dying = new Dying(store, allowed)) {
                boolean crashed = crashes(dying, together);
                assertThat(verify()).allSatisfy(f -> assertThat(f.problem()).isNull());
                write(store, 2);
                assertThat(verify())
                        .hasSize(2)
                        .allSatisfy(f -> assertThat(f.problem()).isNull());
                if (!crashed) {
                    assertThat(allowed).isGreaterThan(7);
                    return;
                }
            }
        }
    }

    private boolean crashes(ArtifactStore dying, boolean together) {
        var writer = new ArtifactWriter(dying, REQUESTS);
        try {
            if (together) {
                Stored.writeTogether(writer, Versions.SPEC, versions.chain(2));
            } else {
                Stored.write(writer, Versions.SPEC, versions.chain(2));
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** A store that fails after so many writes. */
    private static final class Dying implements ArtifactStore {
        private final ArtifactStore store;
        private int left;

        Dying(ArtifactStore store, int left) {
            this.store = store;
            this.left = left;
        }

        @Override
        public String location() {
            return store.location();
        }

        @Override
        public void put(String key, byte[] content) throws IOException {
            if (left-- == 0) {
                throw new IOException("No space left on device");
            }
            store.put(key, content);
        }

        @Override
        public Optional<byte[]> get(String key, long maxBytes) throws IOException {
            return store.get(key, maxBytes);
        }

        @Override
        public List<String> list(String prefix) throws IOException {
            return store.list(prefix);
        }

        @Override
        public void delete(String key) throws IOException {
            store.delete(key);
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
