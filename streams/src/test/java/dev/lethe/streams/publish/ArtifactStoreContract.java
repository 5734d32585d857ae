package dev.lethe.streams.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What every store keeps to. */
abstract class ArtifactStoreContract {
    private static final byte[] ONE = "one".getBytes(StandardCharsets.UTF_8);
    private static final byte[] OTHER = "other".getBytes(StandardCharsets.UTF_8);

    abstract ArtifactStore store();

    @Test
    void shouldGiveBackWhatItKeeps() throws IOException {
        store().put("m/a/file", ONE);
        store().put("m/a/empty", new byte[0]);

        assertThat(store().get("m/a/file", 3)).hasValue(ONE);
        assertThat(store().get("m/a/empty", 3)).hasValue(new byte[0]);
        assertThat(store().get("m/a/none", 3)).isEmpty();
    }

    @Test
    void shouldReplaceAFile() throws IOException {
        store().put("m/file", ONE);
        store().put("m/file", OTHER);

        assertThat(store().get("m/file", 100)).hasValue(OTHER);
    }

    @Test
    void shouldNotReadMoreThanAskedFor() throws IOException {
        store().put("m/file", OTHER);

        assertThatThrownBy(() -> store().get("m/file", OTHER.length - 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("m/file")
                .hasMessageContaining("at most 4 bytes, got 5");
    }

    @Test
    void shouldListWhatBeginsSo() throws IOException {
        store().put("m/versions/2", ONE);
        store().put("m/versions/1", ONE);
        store().put("m/other", ONE);
        store().put("m2/versions/1", ONE);

        assertThat(store().list("m/versions/")).containsExactly("m/versions/1", "m/versions/2");
        assertThat(store().list("nothing/")).isEmpty();
    }

    @Test
    void shouldDelete() throws IOException {
        store().put("m/a/file", ONE);

        store().delete("m/a/file");
        store().delete("m/a/file");

        assertThat(store().get("m/a/file", 100)).isEmpty();
        assertThat(store().list("m/a/")).isEmpty();
    }
}
