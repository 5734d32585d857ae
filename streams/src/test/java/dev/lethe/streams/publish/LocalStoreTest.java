package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStoreTest extends ArtifactStoreContract {
    @TempDir
    private Path folder;

    @Override
    ArtifactStore store() {
        return new LocalStore(folder.resolve("store"));
    }

    @Test
    void shouldNotListWhatACrashLeftHalfWritten() throws IOException {
        store().put("m/versions/1", new byte[1]);
        Files.write(folder.resolve("store/m/versions/.2.tmp"), new byte[1]);

        assertThat(store().list("m/versions/")).containsExactly("m/versions/1");
    }

    @Test
    void shouldNotLeaveItsFolder() {
        assertThatThrownBy(() -> store().put("../outside", new byte[1])).hasMessageContaining("leads out");
        assertThat(folder.resolve("outside")).doesNotExist();
    }

    /** Needs a small disk, which only root can mount. */
    @Test
    void shouldKeepNothingHalfOnAFullDiskAndWorkAgainWhenThereIsRoom() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString());
        assumeTrue(mounted, "only root may mount a small disk");
        try (LocalStore full = new LocalStore(disk.resolve("store"))) {
            full.put("m/versions/1", new byte[100]);
            Path filler = Files.write(disk.resolve("filler"), new byte[30_000]);
            assertThatThrownBy(() -> full.put("m/versions/2", new byte[50_000]))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("m/versions/2")
                    .hasMessageContaining("No space left");
            assertThat(full.list("m/versions/")).containsExactly("m/versions/1");

            Files.delete(filler);
            full.put("m/versions/2", new byte[50_000]);
            assertThat(full.get("m/versions/2", 50_000)).isPresent();
        } finally {
            run("umount", "-l", disk.toString());
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    @Test
    void shouldFailWhereItCannotWrite() throws IOException {
        Files.write(folder.resolve("store"), new byte[1]);

        assertThatThrownBy(() -> store().put("m/file", new byte[1])).isInstanceOf(IOException.class);
    }
}
