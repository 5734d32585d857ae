package dev.lethe.streams.publish;

import dev.lethe.unlearn.linalg.SelfTest;

/** What computed a version: part of its provenance. */
public final class Software {
    private Software() {}

    /** Version of Lethe, from the jar's manifest; "dev" in a build tree. */
    public static String version() {
        String version = Software.class.getPackage().getImplementationVersion();
        return "lethe " + (version == null ? "dev" : version);
    }

    /** JVM, operating system, linear algebra and its core type. */
    public static String platform() {
        return "java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                + ", " + SelfTest.platform();
    }
}
