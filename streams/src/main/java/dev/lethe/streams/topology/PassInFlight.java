package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One pass as the model sees it: who has cut where, whose statistics are complete. One attempt per shard counts. */
final class PassInFlight {
    /** Why the pass was asked for. */
    enum Purpose {
        /** An evaluation for the settler. */
        SETTLE,
        /** A curvature-vector product for the settler. */
        MULTIPLY,
        /** The factor of a restored anchor. */
        REBUILD,
        /** Sums for an inquiry, which builds from them itself. */
        INQUIRE,
        /** Rows of a network, not sums. */
        ROWS
    }

    /**
     * What is asked.
     *
     * @param theta K·d
     * @param wanted what is to be added up there; null for rows
     * @param except ids of samples that are left out
     */
    record Question(Purpose purpose, double[] theta, Wanted wanted, List<String> except) {
        /** Of all samples. */
        Question(Purpose purpose, double[] theta, Wanted wanted) {
            this(purpose, theta, wanted, List.of());
        }
    }

    private final long passId;
    private final Question question;
    private final int shards;
    private final Map<Integer, Integer> attempts = new HashMap<>();
    private final Map<Integer, Long> cuts = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, byte[]>> chunks = new HashMap<>();
    /** Whole encodings, in pieces. */
    private final TreeMap<Integer, TreeMap<Integer, byte[]>> complete = new TreeMap<>();

    private long lastHeard;
    private String failure;

    PassInFlight(long passId, Question question, int shards, long now) {
        this.passId = passId;
        this.question = question;
        this.shards = shards;
        this.lastHeard = now;
    }

    Purpose purpose() {
        return question.purpose();
    }

    double[] theta() {
        return question.theta();
    }

    Question question() {
        return question;
    }

    /** Whether something is to be built from the sums. */
    boolean builds() {
        return purpose() != Purpose.INQUIRE
                && (question.wanted().curvature() || question.wanted().preconditioner());
    }

    long lastHeard() {
        return lastHeard;
    }

    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Whether an entry of the tail came after its shard's cut: it is not in the sums. */
    boolean behindCut(Tail.Entry entry) {
        return entry.number() > cuts.getOrDefault(entry.shard(), Long.MAX_VALUE);
    }

    void cut(Cut cut, long tailLast, long now) {
        if (cut.getPassId() == passId && cut.getAttempt() > attempts.getOrDefault(cut.getShard(), 0)) {
            attempts.put(cut.getShard(), cut.getAttempt());
            cuts.put(cut.getShard(), tailLast);
            chunks.remove(cut.getShard());
            complete.remove(cut.getShard());
            lastHeard = now;
        }
    }

    void statistics(ShardStatistics part, long now) {
        int shard = part.getShard();
        if (part.getPassId() != passId || !Integer.valueOf(part.getAttempt()).equals(attempts.get(shard))) {
            return;
        }
        lastHeard = now;
        if (part.getFailure() != null) {
            failure = part.getFailure();
            return;
        }
        byte[] payload = new byte[part.getPayload().remaining()];
        part.getPayload().duplicate().get(payload);
        var received = chunks.computeIfAbsent(shard, s -> new TreeMap<>());
        received.put(part.getChunk(), payload);
        if (received.size() == part.getChunks()) {
            complete.put(shard, received);
            chunks.remove(shard);
        }
    }

    private static byte[] whole(TreeMap<Integer, byte[]> chunks) {
        var all = new ByteArrayOutputStream();
        chunks.values().forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** What the shards answered, in their order. */
    List<byte[]> answers() {
        return complete.values().stream().map(PassInFlight::whole).toList();
    }

    /** Whether the statistics of all shards are here. */
    boolean complete() {
        return complete.size() == shards;
    }

    /** The sums of all shards, added in shard order so that the rounding is always the same. Of a large pass: heavy. */
    Sums merged() {
        return complete.values().stream()
                .map(PassInFlight::whole)
                .map(Sums::decode)
                .reduce(Sums::plus)
                .orElseThrow();
    }
}
