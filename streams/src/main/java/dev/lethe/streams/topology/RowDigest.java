package dev.lethe.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Tells whether a row is still the one that was read. */
public final class RowDigest {
    private RowDigest() {}

    /** SHA-256 of what a model sees. @param features as on the topic. Not modified. */
    public static ByteBuffer of(ByteBuffer features, String label, double weight) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(Integer.BYTES + Double.BYTES)
                    .putInt(features.remaining())
                    .putDouble(weight)
                    .flip());
            digest.update(features.duplicate());
            digest.update(label.getBytes(UTF_8));
            return ByteBuffer.wrap(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
