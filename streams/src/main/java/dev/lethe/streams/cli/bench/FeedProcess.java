package dev.lethe.streams.cli.bench;

import dev.lethe.streams.LetheException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The process of {@link FollowFeed}, as its parent sees it. */
final class FeedProcess implements AutoCloseable {
    private static final long END_S = 30;

    private final Process process;
    private final BufferedReader answers;
    private final OutputStream orders;
    private final String bootstrapServers;

    FeedProcess() {
        try {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx1g",
                            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                            "-cp",
                            System.getProperty("java.class.path"),
                            FollowFeed.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new LetheException("the process of broker and publisher does not start (" + e + ")", e);
        }
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        orders = process.getOutputStream();
        bootstrapServers = answer();
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    /** Makes so many versions ready. */
    void prepare(int versions) {
        order(String.valueOf(versions));
    }

    /** Publishes them; returns once all are out. */
    void publish() {
        order("publish");
    }

    private void order(String line) {
        try {
            orders.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            orders.flush();
        } catch (IOException e) {
            throw new LetheException("the process of broker and publisher has ended", e);
        }
        answer();
    }

    private String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new LetheException("the process of broker and publisher has ended, see above");
            }
            return line;
        } catch (IOException e) {
            throw new LetheException("the process of broker and publisher cannot be heard (" + e + ")", e);
        }
    }

    @Override
    public void close() {
        try {
            orders.close();
            if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
