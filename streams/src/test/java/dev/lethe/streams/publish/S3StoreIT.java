package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class S3StoreIT extends ArtifactStoreContract {
    @TempDir
    private static Path folder;

    private static S3Server server;
    private ArtifactStore store;
    private String prefix;

    @BeforeAll
    static void startServer() throws IOException {
        server = new S3Server(folder).start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open(TestInfo test) {
        prefix = test.getTestMethod().orElseThrow().getName();
        store = server.store(prefix);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    ArtifactStore store() {
        return store;
    }

    @Test
    void shouldListMoreThanOnePage() throws IOException {
        for (int i = 0; i < 1_005; i++) {
            store.put(String.format("m/versions/%04d", i), new byte[1]);
        }
        assertThat(store.list("m/versions/")).hasSize(1_005).isSorted();
    }

    @Test
    void shouldVerifyAndSeeDamage() throws IOException {
        ModelSpec spec = Versions.spec(8, 3);
        List<ModelVersion> versions = new Versions(spec, 4).chain(3);
        String artifact = Stored.writeTogether(new ArtifactWriter(store, "lethe.requests"), spec, versions)
                .get(2)
                .getArtifact();
        assertThat(ArtifactChain.verify(store, Versions.MODEL)).hasSize(3).allMatch(f -> f.problem() == null);

        store.put(ArtifactKeys.file(Versions.MODEL, artifact, VersionFiles.WEIGHTS), new byte[] {1, 2});
        assertThat(ArtifactChain.verify(store, Versions.MODEL).get(2).problem()).contains("damaged");
    }

    @Test
    void shouldSayWhyItFailsAndWorkAgainAfterwards() throws IOException {
        store.put("m/file", new byte[] {7});
        server.stop();
        assertThatThrownBy(() -> store.put("m/other", new byte[1]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("s3://models/" + prefix);
        assertThatThrownBy(() -> store.get("m/file", 10)).isInstanceOf(IOException.class);
        server.start();

        assertThat(store.get("m/file", 10)).hasValue(new byte[] {7});
        assertThat(store.get("m/other", 10)).isEmpty();
    }

    @Test
    void shouldTellAMissingBucketFromAMissingFile() {
        var other = new S3Store("s3://nowhere/x", Optional.of(server.endpoint()), Optional.empty());
        try (other) {
            assertThatThrownBy(() -> other.get("m/file", 10))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("s3://nowhere/x/");
        }
    }

    @Test
    void shouldKeepObjectsUnderItsPrefix() throws IOException {
        store.put("m/file", new byte[1]);

        assertThat(Files.exists(server.object(prefix + "/m/file"))).isTrue();
    }

    @Test
    void shouldRefuseAnAddressWithoutABucket() {
        assertThatThrownBy(() -> new S3Store("s3://", Optional.empty(), Optional.empty()))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("expected s3://BUCKET/PREFIX");
    }
}
