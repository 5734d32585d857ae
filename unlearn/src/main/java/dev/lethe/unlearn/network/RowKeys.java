package dev.lethe.unlearn.network;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a network knows a sample by: a hash of its id and the training's seed. Rows are ordered by it, so that a training
 * depends on the seed and the set of its rows and not on where they came from; and it says which are held out, so that a
 * sample stays on its side for as long as it has its id.
 *
 * @param seed of the training
 * @param heldOut share of the samples that is never trained on, 0 to below 1
 */
public record RowKeys(long seed, double heldOut) {

    /** Bytes of a key. */
    static final int BYTES = 16;

    private static final double UNIT = 0x1.0p-53;

    public RowKeys {
        if (!(heldOut >= 0 && heldOut < 1)) {
            throw new IllegalArgumentException("heldOut: expected at least 0 and below 1, got " + heldOut);
        }
    }

    /** The first half of SHA-256 of seed and id, in hexadecimal. */
    public String of(String sampleId) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).array());
            byte[] hash = sha.digest(sampleId.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Whether the sample of this key is held out. */
    public boolean heldOut(String key) {
        long bits = HexFormat.fromHexDigitsToLong(key, 2 * BYTES - 16, 2 * BYTES);
        return (bits >>> 11) * UNIT < heldOut;
    }
}
