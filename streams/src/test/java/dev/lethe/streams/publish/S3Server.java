package dev.lethe.streams.publish;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** S3Proxy over a folder, as a process of its own on 127.0.0.1, that can be stopped and started again. */
public final class S3Server implements AutoCloseable {
    /** Where the build puts it. */
    private static final Path JAR = Path.of("target", "s3proxy", "s3proxy.jar");

    private static final String KEY = "local-identity";
    private static final String SECRET = "local-credential";
    private static final String BUCKET = "models";

    private final Path folder;
    private final int port;
    private Process process;

    public S3Server(Path folder) throws IOException {
        this.folder = folder;
        try (ServerSocket free = new ServerSocket(0)) {
            this.port = free.getLocalPort();
        }
        Files.createDirectories(folder.resolve("data").resolve(BUCKET));
        Files.write(
                folder.resolve("s3proxy.conf"),
                List.of(
                        "s3proxy.endpoint=http://127.0.0.1:" + port,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=" + KEY,
                        "s3proxy.credential=" + SECRET,
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.filesystem.basedir=" + folder.resolve("data"),
                        "jclouds.identity=none",
                        "jclouds.credential=none"));
        // Where the client looks first.
        System.setProperty("aws.accessKeyId", KEY);
        System.setProperty("aws.secretAccessKey", SECRET);
    }

    public S3Server start() throws IOException {
        if (!Files.isRegularFile(JAR)) {
            throw new IllegalStateException("no " + JAR + ": run `mvn verify`, which puts it there");
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        File log = folder.resolve("s3proxy.log").toFile();
        process = new ProcessBuilder(
                        java,
                        "-Xmx256m",
                        "-jar",
                        JAR.toString(),
                        "--properties",
                        folder.resolve("s3proxy.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        await().atMost(Duration.ofSeconds(60)).until(this::answers);
        return this;
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new IllegalStateException("S3Proxy has ended, see " + folder.resolve("s3proxy.log"));
        }
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Address of a store in the bucket. */
    public String address(String prefix) {
        return "s3://" + BUCKET + "/" + prefix;
    }

    /** What a service has to be told. */
    public Map<String, String> settings(String prefix) {
        return Map.of(
                "artifacts.store",
                address(prefix),
                "artifacts.s3.endpoint",
                endpoint().toString());
    }

    public ArtifactStore store(String prefix) {
        return new ArtifactStores(Optional.of(endpoint()), Optional.empty()).open(address(prefix));
    }

    /** Where an object lies on the disk. */
    public Path object(String key) {
        return folder.resolve("data").resolve(BUCKET).resolve(key);
    }

    public void stop() {
        if (process == null) {
            return;
        }
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
