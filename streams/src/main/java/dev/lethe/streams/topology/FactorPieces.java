package dev.lethe.streams.topology;

import dev.lethe.schemas.PublishedFactor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An inverse curvature on its way from its model to the shards, in pieces below Kafka's record limit. */
final class FactorPieces {
    private static final int PIECE_BYTES = 512 << 10;
    /** Passes whose pieces are kept at a time; an older one was given up by its model. */
    private static final int MAX_PASSES = 4;

    private final Map<String, List<ByteBuffer>> pieces = new LinkedHashMap<>();

    /** @param packed P, packed lower triangle. Not modified. */
    static List<PublishedFactor> split(String modelId, String passId, double[] packed) {
        ByteBuffer all = Doubles.toBuffer(packed);
        int count = Math.max(1, (all.remaining() + PIECE_BYTES - 1) / PIECE_BYTES);
        List<PublishedFactor> split = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int from = i * PIECE_BYTES;
            ByteBuffer piece = all.slice(from, Math.min(PIECE_BYTES, all.limit() - from));
            split.add(new PublishedFactor(modelId, passId, i, count, piece));
        }
        return split;
    }

    /** Takes one; they come in their order. */
    void add(PublishedFactor piece) {
        pieces.computeIfAbsent(piece.getPassId(), id -> new ArrayList<>()).add(piece.getPayload());
        if (pieces.size() > MAX_PASSES) {
            pieces.remove(pieces.keySet().iterator().next());
        }
    }

    /** All of a pass, put together and forgotten; empty if none came, after a restart for example. */
    Optional<double[]> take(String passId) {
        List<ByteBuffer> all = pieces.remove(passId);
        if (all == null) {
            return Optional.empty();
        }
        int bytes = all.stream().mapToInt(ByteBuffer::remaining).sum();
        ByteBuffer joined = ByteBuffer.allocate(bytes);
        all.forEach(piece -> joined.put(piece.duplicate()));
        return Optional.of(Doubles.toArray(joined.flip()));
    }
}
