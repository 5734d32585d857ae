package dev.lethe.streams.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.streams.LetheException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataDirectoryTest {
    @TempDir
    Path dir;

    @Test
    void shouldRefuseASecondOwnerAndNameTheFirst() {
        try (var first = DataDirectory.open(dir)) {
            assertThatThrownBy(() -> DataDirectory.open(first.root()))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining(
                            "in use by process " + ProcessHandle.current().pid())
                    .hasMessageContaining("data.dir");
        }
        DataDirectory.open(dir).close();
    }

    @Test
    void shouldRefuseASecondProcess() throws Exception {
        try (var first = DataDirectory.open(dir)) {
            assertThat(openInAnotherProcess(first.root())).contains("is in use by process");
        }
        assertThat(openInAnotherProcess(dir)).isEqualTo("opened");
    }

    @Test
    void shouldKeepItsInstanceId() {
        String id;
        try (var data = DataDirectory.open(dir)) {
            id = data.instanceId();
        }
        try (var data = DataDirectory.open(dir)) {
            assertThat(data.instanceId()).isEqualTo(id).startsWith("lethe-");
        }
    }

    @Test
    void shouldSayThatAFileIsNoDirectory() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "");
        assertThatThrownBy(() -> DataDirectory.open(file))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining("cannot be used");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kafka", "streams", "factors"})
    void shouldNameAPartThatIsNoDirectory(String part) throws Exception {
        Files.writeString(dir.resolve(part), "");
        assertThatThrownBy(() -> DataDirectory.open(dir))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining(dir.resolve(part).toString())
                .hasMessageContaining("no directory");
        assertThat(dir.resolve(DataDirectory.LOCK_FILE)).doesNotExist();
    }

    private static String openInAnotherProcess(Path dir) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        dir.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        process.waitFor();
        return output;
    }

    /** Main class of the other process. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] args) {
            try (var data = DataDirectory.open(Path.of(args[0]))) {
                System.out.print(data.root() == null ? "" : "opened");
            } catch (LetheException e) {
                System.out.print(e.getMessage());
            }
        }
    }
}
