package dev.lethe.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.streams.Stream.Asked;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.client.LetheClient;
import dev.lethe.streams.client.LetheClient.From;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A data directory that goes wrong: full, read-only, taken. It is a file system of its own, which only root may mount;
 * for others these tests are skipped.
 */
class DirectoryFaultIT {
    private static final long SEED = Long.getLong("lethe.seed", 53);
    private static final Duration WAIT = Duration.ofSeconds(120);
    private static final int FAILED = 1;

    @TempDir
    Path directory;

    private final Stream stream = new Stream(SEED);
    private Path disk;
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", disk.toString());
        if (!mounted) {
            System.out.println("SKIPPED: only root may mount the small disk that these tests fill");
        }
        assumeTrue(mounted, "only root may mount a small disk");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
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

    private ServiceProcess service() {
        return new ServiceProcess(
                directory,
                Map.of(
                        "data.dir",
                        disk.resolve("lethe").toString(),
                        "shards",
                        "2",
                        "local.port",
                        String.valueOf(ServiceProcess.freePort())));
    }

    private static LetheClient connect(ServiceProcess service) {
        return LetheClient.connect(ClientSettings.of(service.bootstrapServers(), "lethe"))
                .follow(From.BEGINNING);
    }

    /** Takes every byte that is left. */
    private Path fill() throws IOException {
        Path filler = disk.resolve("filler");
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            return filler;
        }
    }

    @Test
    void shouldEndWithAClearMessageOnAFullDiskAndGoOnWhenThereIsSpaceAgain() throws Exception {
        try (var service = service()) {
            service.start();
            List<Asked> asked;
            try (var client = connect(service)) {
                client.awaitConsumed(client.putSamples(stream.samples(2_000, 200), 1_000), WAIT);
                client.putModel(Stream.model("m"), 2_000);
                client.awaitVersion("m", 1, WAIT);
                var feeder = new Feeder(client, stream, 2);
                // Bounded: the samples must not run out while a slow machine starts the service.
                feeder.start(3_000);
                Thread.sleep(1_000);
                Path filler = fill();
                long full = System.nanoTime();
                assertThat(service.awaitEnd(120)).as(service.output()).isEqualTo(FAILED);
                System.out.printf("disk full: ended after %.1f s%n", (System.nanoTime() - full) / 1e9);
                assertThat(service.output())
                        .contains(disk.resolve("lethe").toString())
                        .containsIgnoringCase("space");
                Files.delete(filler);
                service.start();
                Thread.sleep(500);
                asked = feeder.stop();
                asked.forEach(a -> client.awaitReceipt(a.id(), WAIT));
                var settled = client.awaitReceipt(client.send(Stream.settle("barrier")), WAIT)
                        .receipt();
                assertThat(settled.getStatus()).isEqualTo(ReceiptStatus.APPLIED);
            }
            new Evidence(service.bootstrapServers(), "disk full, seed " + SEED)
                    .shouldBeWhole(stream, asked, Set.of("barrier"), Stream.model("m"));
        }
    }

    @Test
    void shouldNotStartOnAFullDisk() throws Exception {
        try (var service = service()) {
            fill();
            service.launch();
            assertThat(service.awaitEnd(120)).isEqualTo(FAILED);
            assertThat(service.output())
                    .contains(disk.resolve("lethe").toString())
                    .containsIgnoringCase("space");
        }
    }

    @Test
    void shouldNotStartInAReadOnlyDirectory() throws Exception {
        run("mount", "-o", "remount,ro", disk.toString());
        try (var service = service()) {
            service.launch();
            assertThat(service.awaitEnd(60)).isEqualTo(FAILED);
            assertThat(service.output())
                    .contains(disk.resolve("lethe").toString(), "Read-only file system")
                    .contains("writable directory");
            run("mount", "-o", "remount,rw", disk.toString());
            service.start();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kafka", "streams", "factors"})
    void shouldNotStartWithAReadOnlyPart(String name) throws Exception {
        Path part = Files.createDirectories(disk.resolve("lethe").resolve(name));
        run("mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", part.toString());
        try (var service = service()) {
            service.launch();
            assertThat(service.awaitEnd(60)).isEqualTo(FAILED);
            assertThat(service.output()).contains(part.toString(), "read-only", "writable directory");
        } finally {
            run("umount", "-l", part.toString());
        }
    }

    @Test
    void shouldLeaveADirectoryThatAnotherProcessUsesAlone() throws Exception {
        try (var first = service();
                var second = service()) {
            first.start();
            second.launch();
            assertThat(second.awaitEnd(60)).isEqualTo(FAILED);
            assertThat(second.output()).contains("is in use by process");
            assertThat(first.isAlive()).isTrue();
        }
    }
}
