package dev.lethe.streams;

import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.local.LocalKafka;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** {@code lethe serve} as a process of its own that can be killed. */
final class ServiceProcess implements AutoCloseable {
    private static final String READY = "Lethe is ready";
    private static final int START_SECONDS = 150;

    private final Path data;
    private final Map<String, String> variables = new HashMap<>();
    private final Path output;
    private Process process;

    /**
     * @param directory for its output, and its data unless the settings name another place
     * @param settings by key, as in a configuration file
     */
    ServiceProcess(Path directory, Map<String, String> settings) {
        output = directory.resolve("serve-" + UUID.randomUUID() + ".out");
        data = Path.of(
                settings.getOrDefault("data.dir", directory.resolve("data").toString()));
        variables.put(variable("http.port"), "0");
        settings.forEach((key, value) -> variables.put(variable(key), value));
        variables.put(variable("data.dir"), data.toString());
        variables.put("OMP_NUM_THREADS", "1");
    }

    private static String variable(String key) {
        return "LETHE_" + key.toUpperCase(java.util.Locale.ROOT).replace('.', '_');
    }

    /** With a broker of its own, at {@link #bootstrapServers}. */
    static ServiceProcess embedded(Path directory, int shards) {
        return embedded(directory, shards, Map.of());
    }

    /** With a broker of its own, and further settings. */
    static ServiceProcess embedded(Path directory, int shards, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("shards", String.valueOf(shards));
        all.put("local.port", String.valueOf(freePort()));
        return new ServiceProcess(directory, all);
    }

    /** One of several at the same Kafka, each with its data in a folder of its name. */
    static ServiceProcess member(LocalKafka kafka, Path directory, String name, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("bootstrap.servers", kafka.bootstrapServers());
        all.put("data.dir", directory.resolve(name).toString());
        all.put("replication.factor", "1");
        return new ServiceProcess(directory, all);
    }

    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Where clients reach its Kafka. */
    String bootstrapServers() {
        String cluster = variables.get(variable("bootstrap.servers"));
        return cluster == null ? "127.0.0.1:" + variables.get(variable("local.port")) : cluster;
    }

    /** Starts it and waits until it says that it runs. */
    void start() throws IOException, InterruptedException {
        launch();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!output().contains(READY)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError("serve did not start: " + output() + serviceLog());
            }
            Thread.sleep(50);
        }
    }

    /** Starts it without waiting. */
    void launch() throws IOException {
        var builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        // These processes live for seconds: the optimising compiler would not pay for itself.
                        "-XX:TieredStopAtLevel=1",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Lethe.class.getName(),
                        "serve"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(output.toFile()));
        builder.environment().putAll(variables);
        process = builder.start();
    }

    /** What it has printed since its last start. */
    String output() throws IOException {
        return Files.readString(output);
    }

    /** The end of its log file. */
    String serviceLog() throws IOException {
        Path log = data.resolve("lethe.log");
        String text = Files.exists(log) ? Files.readString(log) : "(no log)";
        return text.substring(Math.max(0, text.length() - 8_000));
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Waits until it has ended by itself. Returns its exit code. */
    int awaitEnd(int seconds) throws IOException, InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new AssertionError("serve did not end within " + seconds + " s: " + output() + serviceLog());
        }
        return process.exitValue();
    }

    /** SIGKILL: no shutdown hook runs. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
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
