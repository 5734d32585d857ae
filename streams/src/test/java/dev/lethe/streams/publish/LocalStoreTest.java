package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    @Test
    void shouldFailWhereItCannotWrite() throws IOException {
        Files.write(folder.resolve("store"), new byte[1]);

        assertThatThrownBy(() -> store().put("m/file", new byte[1])).isInstanceOf(IOException.class);
    }
}
