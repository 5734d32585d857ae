package dev.lethe.streams.topology;

import dev.lethe.schemas.ShardNotice;
import java.util.ArrayList;
import java.util.List;

/** What a shard has to say of a part so far. Modified while the part is worked off; a builder would check each step. */
final class PartNotice {
    private final String requestId;
    private final int shard;
    private final List<Integer> knownSubjects;
    private final List<Integer> erasedSubjects;
    private long applied;
    private long listedFound;
    private long alreadyErased;
    private long refused;
    private String reasonCode;
    private String reason;

    PartNotice(ShardNotice so) {
        requestId = so.getRequestId();
        shard = so.getShard();
        knownSubjects = new ArrayList<>(so.getKnownSubjects());
        erasedSubjects = new ArrayList<>(so.getErasedSubjects());
        applied = so.getApplied();
        listedFound = so.getListedFound();
        alreadyErased = so.getAlreadyErased();
        refused = so.getRefused();
        reasonCode = so.getReasonCode();
        reason = so.getReason();
    }

    /** Of a part that nothing is known of yet. */
    static ShardNotice empty(String requestId, int shard) {
        return new ShardNotice(requestId, shard, 0L, 0L, 0L, 0L, null, null, List.of(), List.of(), List.of());
    }

    /** @param models that were sent the part's changes */
    ShardNotice sent(List<String> models) {
        return new ShardNotice(
                requestId,
                shard,
                applied,
                listedFound,
                alreadyErased,
                refused,
                reasonCode,
                reason,
                knownSubjects,
                erasedSubjects,
                models);
    }

    /** Whether the subject with this index had samples here. */
    boolean isKnown(int subject) {
        return knownSubjects.contains(subject);
    }

    void known(int subject) {
        if (!isKnown(subject)) {
            knownSubjects.add(subject);
        }
    }

    void erasedBefore(int subject) {
        erasedSubjects.add(subject);
    }

    /** A listed sample was found. */
    void found() {
        listedFound++;
    }

    /** A listed sample was erased before. */
    void erasedBefore() {
        alreadyErased++;
    }

    void applied() {
        applied++;
    }

    /** A listed sample stays as it is. The first reason is kept. */
    void refused(String code, String why) {
        refused++;
        if (reasonCode == null) {
            reasonCode = code;
            reason = why;
        }
    }
}
