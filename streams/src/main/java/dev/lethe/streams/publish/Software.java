package dev.lethe.streams.publish;

import dev.lethe.unlearn.linalg.SelfTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What computed a version: part of its provenance. */
public final class Software {
    private static final String VERSION = read();

    private Software() {}

    /** Version of Lethe, as the build wrote it beside this class. */
    public static String version() {
        return "lethe " + VERSION;
    }

    /** JVM, operating system, linear algebra and its core type. */
    public static String platform() {
        return "java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                + ", " + SelfTest.platform();
    }

    // Not the jar's manifest: a package that a class from elsewhere has opened first has none.
    private static String read() {
        Properties properties = new Properties();
        try (InputStream in = Software.class.getResourceAsStream("version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("version.properties is not readable beside Software: build Lethe anew", e);
        }
        return properties.getProperty("version");
    }
}
