package dev.lethe.schemas;

import java.util.Map;
import org.apache.avro.util.ClassSecurityValidator;

/**
 * What Avro must be told before it reads a message of a stranger: which classes it may load (since 1.12.2 none but those
 * declared as trusted), and how long a value may be (else a damaged length makes it allocate gigabytes). Rules and limits
 * that are in force already stay as they are.
 */
public final class SchemaSafety {
    private static final String PACKAGE = SchemaSafety.class.getPackageName();
    /** Above all that fits into a record, which is 4 MB at most. */
    private static final Map<String, String> LIMITS = Map.of(
            "org.apache.avro.limits.bytes.maxLength", String.valueOf(4 << 20),
            "org.apache.avro.limits.string.maxLength", String.valueOf(1 << 20),
            "org.apache.avro.limits.collectionItems.maxLength", String.valueOf(1 << 20));

    private static boolean installed;

    private SchemaSafety() {}

    /** Call before the first message is encoded or decoded; again does nothing. */
    public static synchronized void install() {
        if (!installed) {
            installed = true;
            LIMITS.forEach((key, limit) -> System.getProperties().putIfAbsent(key, limit));
            ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                    type -> type.getPackageName().equals(PACKAGE), ClassSecurityValidator.getGlobal()));
        }
    }
}
