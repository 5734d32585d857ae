package dev.lethe.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * The schemas of all released versions: {@code history/vN/NAME.avsc}, packed with these classes. A record on a topic names
 * its schema by a fingerprint only, so a reader has to have every schema that was ever written.
 */
public final class FrozenSchemas {
    /** In every version, because a version is frozen as a whole. */
    private static final String ALWAYS_THERE = "Sample";

    private FrozenSchemas() {}

    /**
     * What a record type looked like in each released version that had it, the oldest first.
     *
     * @param name simple name of the record type
     */
    public static List<Schema> of(String name) {
        List<Schema> found = new ArrayList<>();
        for (int version = 1; exists(version, ALWAYS_THERE); version++) {
            if (exists(version, name)) {
                found.add(read(version, name));
            }
        }
        return found;
    }

    private static boolean exists(int version, String name) {
        return FrozenSchemas.class.getResource(path(version, name)) != null;
    }

    private static Schema read(int version, String name) {
        try (InputStream in = FrozenSchemas.class.getResourceAsStream(path(version, name))) {
            return new Schema.Parser().parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException("frozen schema " + path(version, name) + " cannot be read", e);
        }
    }

    private static String path(int version, String name) {
        return "history/v" + version + "/" + name + ".avsc";
    }
}
