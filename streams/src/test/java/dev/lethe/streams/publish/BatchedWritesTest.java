package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.schemas.VersionArtifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions that are written together into a folder: in which order the disk gets them, and what a crash leaves. */
class BatchedWritesTest {
    private static final int COUNT = 5;

    @TempDir
    private Path folder;

    private final Versions versions = new Versions(23);

    private List<VersionArtifact> write(LocalStore store) throws IOException {
        return Stored.writeTogether(new ArtifactWriter(store, "lethe.requests"), Versions.SPEC, versions.chain(COUNT));
    }

    @Test
    void shouldMakeTheSameChainAsOneByOne() throws IOException {
        List<VersionArtifact> together = write(new LocalStore(folder.resolve("together")));
        List<VersionArtifact> single = Stored.write(folder.resolve("single"), Versions.SPEC, versions.chain(COUNT));

        assertThat(together)
                .extracting(VersionArtifact::getArtifact)
                .containsExactlyElementsOf(
                        single.stream().map(VersionArtifact::getArtifact).toList());
        assertThat(together.get(COUNT - 1).getParentDigest())
                .isEqualTo(together.get(COUNT - 2).getDigest());
    }

    /** Before the first index is even written, all files and the folders that name them are on the disk; each once. */
    @Test
    void shouldForceAllFilesAndEachFolderOnceBeforeAnyVersionIsListed() throws IOException {
        Path root = folder.resolve("store");
        List<String> forced = new ArrayList<>();
        LocalStore store = new LocalStore(root, path -> {
            Sync.DISK.force(path);
            forced.add(root.relativize(path).toString());
        });
        List<VersionArtifact> written = write(store);

        String model = Versions.MODEL;
        int firstIndex = first(forced, model + "/versions/.");
        for (VersionArtifact each : written) {
            String artifact = model + "/artifacts/" + each.getArtifact();
            assertThat(forced.subList(0, firstIndex))
                    .contains(artifact, artifact + "/.weights.safetensors.tmp", artifact + "/.manifest.json.tmp");
            assertThat(forced).filteredOn(artifact::equals).hasSize(1);
        }
        assertThat(forced.subList(0, firstIndex))
                .filteredOn((model + "/artifacts")::equals)
                .hasSize(1);
        assertThat(forced).filteredOn((model + "/versions")::equals).hasSize(1);
    }

    private static int first(List<String> forced, String prefix) {
        for (int i = 0; i < forced.size(); i++) {
            if (forced.get(i).startsWith(prefix)) {
                return i;
            }
        }
        throw new AssertionError("nothing under " + prefix + " was forced: " + forced);
    }

    /** The disk fails at each of its turns: what is listed is whole, nothing half written stays, and the next try is. */
    @Test
    void shouldNeverListAVersionWithoutItsFilesWhereverTheDiskFails() throws IOException {
        for (int allowed = 0; ; allowed++) {
            Path root = folder.resolve("dies-" + allowed);
            int[] left = {allowed};
            boolean[] died = new boolean[1];
            LocalStore store = new LocalStore(root, path -> {
                if (left[0]-- == 0) {
                    died[0] = true;
                    throw new IOException("Input/output error");
                }
            });
            ArtifactWriter writer = new ArtifactWriter(store, "lethe.requests");
            tryToWrite(writer);
            assertThat(ArtifactChain.verify(store, Versions.MODEL))
                    .as("after %d", allowed)
                    .allSatisfy(f -> assertThat(f.problem()).isNull());
            assertThat(temporaries(root)).as("after %d", allowed).isEmpty();
            Stored.writeTogether(writer, Versions.SPEC, versions.chain(COUNT));
            assertThat(ArtifactChain.verify(store, Versions.MODEL))
                    .hasSize(COUNT)
                    .allSatisfy(f -> assertThat(f.problem()).isNull());
            if (!died[0]) {
                assertThat(allowed).isGreaterThan(4 * COUNT);
                return;
            }
        }
    }

    private void tryToWrite(ArtifactWriter writer) {
        try {
            Stored.writeTogether(writer, Versions.SPEC, versions.chain(COUNT));
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("Input/output error");
        }
    }

    private static List<Path> temporaries(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(p -> p.toString().endsWith(".tmp")).toList();
        }
    }

    /** A name that can be seen may still be lost: after a failure nothing passes for written that was not forced since. */
    @Test
    void shouldForceAgainWhatAFailureLeftInDoubt() throws IOException {
        Path root = folder.resolve("store");
        List<Path> forced = new ArrayList<>();
        boolean[] broken = {true};
        Path indexes = root.resolve(Versions.MODEL).resolve("versions");
        LocalStore store = new LocalStore(root, path -> {
            if (broken[0] && path.equals(indexes)) {
                throw new IOException("Input/output error");
            }
            forced.add(path);
        });
        ArtifactWriter writer = new ArtifactWriter(store, "lethe.requests");
        assertThatThrownBy(() -> Stored.writeTogether(writer, Versions.SPEC, versions.chain(2)))
                .hasMessageContaining("Input/output error");
        assertThat(new ArtifactReader(store).versions(Versions.MODEL)).hasSize(2);

        broken[0] = false;
        Stored.writeTogether(writer, Versions.SPEC, versions.chain(2));

        assertThat(forced).contains(indexes);
    }

    @Test
    void shouldLeaveOutADamagedVersionAndWriteTheOthers() throws IOException {
        LocalStore store = new LocalStore(folder);
        ArtifactWriter writer = new ArtifactWriter(store, "lethe.requests");
        var chain = versions.chain(3);
        chain.get(1).put("digest", "0".repeat(64));

        writer.add(chain.get(0), Versions.SPEC);
        assertThatThrownBy(() -> writer.add(chain.get(1), Versions.SPEC)).isInstanceOf(IllegalStateException.class);
        writer.add(chain.get(2), Versions.SPEC);

        assertThat(writer.flush()).extracting(VersionArtifact::getVersion).containsExactly(1L, 3L);
        assertThat(new ArtifactReader(store).versions(Versions.MODEL)).containsExactly(1L, 3L);
    }

    @Test
    void shouldBeFullAfterSoManyVersionsAndEmptyAfterwards() throws IOException {
        ArtifactWriter writer = new ArtifactWriter(new LocalStore(folder, path -> {}), "lethe.requests");
        int taken = 0;
        for (var version : versions.chain(100)) {
            writer.add(version, Versions.SPEC);
            taken++;
            if (writer.isFull()) {
                break;
            }
        }
        assertThat(taken).isEqualTo(64);
        assertThat(writer.flush()).hasSize(64);
        assertThat(writer.isFull()).isFalse();
    }
}
