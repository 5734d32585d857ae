package dev.lethe.streams;

import dev.lethe.streams.cli.Lethe;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code lethe serve} as a process of its own, with an embedded broker, that can be killed. */
final class ServiceProcess implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final int shards;
    private Process process;

    ServiceProcess(Path directory, int shards) {
        this.directory = directory;
        this.shards = shards;
        this.port = freePort();
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Starts it and waits until it says that it runs. */
    void start() throws IOException, InterruptedException {
        Path log = directory.resolve("serve.out");
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Lethe.class.getName(),
                        "serve"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()));
        builder.environment().put("LETHE_DATA_DIR", directory.resolve("data").toString());
        builder.environment().put("LETHE_LOCAL_PORT", String.valueOf(port));
        builder.environment().put("LETHE_HTTP_PORT", "0");
        builder.environment().put("LETHE_SHARDS", String.valueOf(shards));
        builder.environment().put("OMP_NUM_THREADS", "1");
        process = builder.start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!Files.readString(log).contains(bootstrapServers())) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError("serve did not start: " + Files.readString(log) + serviceLog());
            }
            Thread.sleep(50);
        }
    }

    private String serviceLog() throws IOException {
        Path log = directory.resolve("data").resolve("lethe.log");
        String text = Files.exists(log) ? Files.readString(log) : "(no log)";
        return text.substring(Math.max(0, text.length() - 8_000));
    }

    /** SIGKILL: no shutdown hook runs. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
