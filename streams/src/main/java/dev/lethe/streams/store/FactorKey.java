package dev.lethe.streams.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a snapshot is a snapshot of.
 *
 * @param modelId the model
 * @param digest of θ_P, where the factor was built
 * @param applied number of the last change that is in it
 */
public record FactorKey(String modelId, String digest, long applied) {

    /** The snapshot of a factor built at this θ. */
    public static FactorKey of(String modelId, double[] theta, long applied) {
        ByteBuffer bytes = ByteBuffer.allocate(theta.length * Double.BYTES);
        bytes.asDoubleBuffer().put(theta);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
            return new FactorKey(modelId, HexFormat.of().formatHex(hash), applied);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The keys of a model's snapshots start with this; ids have no NUL. */
    static byte[] prefix(String modelId) {
        return (modelId + '\0').getBytes(StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        return (modelId + '\0' + digest + '\0' + applied).getBytes(StandardCharsets.UTF_8);
    }

    static FactorKey parse(byte[] bytes) {
        String[] parts = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
        return new FactorKey(parts[0], parts[1], Long.parseLong(parts[2]));
    }
}
