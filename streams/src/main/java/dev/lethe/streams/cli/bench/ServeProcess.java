package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Lethe;
import dev.lethe.streams.client.ClientSettings;
import dev.lethe.streams.config.ServiceConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code lethe serve}, if not told otherwise with a broker of its own, in a process that can be stopped, killed and started again. */
final class ServeProcess implements AutoCloseable {
    private static final String READY = "Lethe is ready";
    private static final Duration START = Duration.ofSeconds(150);
    private static final Duration STOP = Duration.ofSeconds(60);
    private static final long LOOK_EVERY_MS = 10;
    private static final String VARIABLES = "LETHE_";

    private final Path directory;
    private final List<String> options;
    private final Map<String, String> settings;
    private final Path output;
    private final int port = freePort();
    private Process process;

    /**
     * @param directory for its data and its output
     * @param options of java, beside those of this process
     */
    ServeProcess(Path directory, List<String> options) {
        this(directory, options, Map.of());
    }

    /** The same with settings of the service by their keys. */
    ServeProcess(Path directory, List<String> options, Map<String, String> settings) {
        this.directory = directory;
        this.options = List.copyOf(options);
        this.settings = Map.copyOf(settings);
        this.output = directory.resolve("serve.out");
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new LetheException("no port is free (" + e + ")", e);
        }
    }

    /** How its broker is reached. */
    ClientSettings settings() {
        return ClientSettings.of("127.0.0.1:" + port, ServiceConfig.of(Map.of()).prefix());
    }

    long pid() {
        return process.pid();
    }

    /** CPU time that it has used since its start. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * Starts it and waits until it says that it is ready.
     *
     * @return when the process was started, by {@link System#nanoTime}
     */
    long start() {
        long start = System.nanoTime();
        try {
            process = launch();
            while (!Files.readString(output).contains(READY)) {
                if (!process.isAlive() || System.nanoTime() - start > START.toNanos()) {
                    throw new LetheException("serve does not start: " + Files.readString(output));
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
            }
        } catch (IOException e) {
            throw new LetheException("serve cannot be started as a process (" + e + ")", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return start;
    }

    /** With the options of this process, so those of the launcher; and the service's defaults, not the caller's settings. */
    private Process launch() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Lethe.class.getName(), "serve"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(output.toFile()));
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith(VARIABLES));
        environment.put(variable("data.dir"), directory.resolve("data").toString());
        environment.put(variable("local.port"), Integer.toString(port));
        environment.put(variable("http.port"), "0");
        settings.forEach((key, value) -> environment.put(variable(key), value));
        return builder.start();
    }

    private static String variable(String key) {
        return VARIABLES + key.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** As by Ctrl-C. */
    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
                throw new LetheException("serve does not stop within " + STOP.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** By SIGKILL: nothing is closed or said. */
    void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static LetheException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new LetheException("interrupted while a benchmark ran", e);
    }

    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }
}
