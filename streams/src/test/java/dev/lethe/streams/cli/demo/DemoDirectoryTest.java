package dev.lethe.streams.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.local.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void shouldMakeAndMarkAMissingDirectory() {
        Path demo = folder.resolve("a/demo");

        DemoDirectory.prepare(demo);

        assertThat(demo.resolve(DemoDirectory.MARKER)).exists();
    }

    @Test
    void shouldEmptyTheDirectoryOfAnEarlierDemo() throws IOException {
        Path demo = folder.resolve("demo");
        DemoDirectory.prepare(demo);
        Files.createDirectories(demo.resolve("kafka/topic-0"));
        Files.writeString(demo.resolve("kafka/topic-0/log"), "old");

        DemoDirectory.prepare(demo);

        assertThat(demo.resolve("kafka")).doesNotExist();
        assertThat(demo.resolve(DemoDirectory.MARKER)).exists();
    }

    @Test
    void shouldRefuseADirectoryThatNoDemoMade() throws IOException {
        Path precious = Files.writeString(folder.resolve("thesis.txt"), "years of work");

        assertThatThrownBy(() -> DemoDirectory.prepare(folder))
                .isInstanceOf(LetheException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("--data-dir");
        assertThat(precious).hasContent("years of work");
    }

    @Test
    void shouldRefuseADirectoryInUse() {
        Path demo = folder.resolve("demo");
        DemoDirectory.prepare(demo);

        try (DataDirectory used = DataDirectory.open(demo)) {
            assertThatThrownBy(() -> DemoDirectory.prepare(used.root()))
                    .isInstanceOf(LetheException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void shouldDeleteALinkAndNotWhatItPointsTo() throws IOException {
        Path precious =
                Files.writeString(Files.createDirectory(folder.resolve("home")).resolve("thesis.txt"), "work");
        Path demo = folder.resolve("demo");
        DemoDirectory.prepare(demo);
        Files.createSymbolicLink(demo.resolve("link"), precious.getParent());

        DemoDirectory.prepare(demo);

        assertThat(demo.resolve("link")).doesNotExist();
        assertThat(precious).hasContent("work");
    }
}
