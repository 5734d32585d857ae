package dev.lethe.schemas;

import org.apache.avro.util.ClassSecurityValidator;

/**
 * Since 1.12.2 Avro refuses to load generated classes that the application has not declared as trusted. This declares the
 * classes of this package, and leaves every other rule that is in force as it is.
 */
public final class TrustedSchemas {
    private static final String PACKAGE = TrustedSchemas.class.getPackageName();
    private static boolean installed;

    private TrustedSchemas() {}

    /** Call before the first message is encoded or decoded; again does nothing. */
    public static synchronized void install() {
        if (!installed) {
            installed = true;
            ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                    type -> type.getPackageName().equals(PACKAGE), ClassSecurityValidator.getGlobal()));
        }
    }
}
