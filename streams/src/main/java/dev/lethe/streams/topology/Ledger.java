package dev.lethe.streams.topology;

import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import dev.lethe.schemas.ShardNotice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;

/** How a request's answers add up to its receipt. Pure: entries in, entries and receipts out. */
final class Ledger {
    private final Homes homes;

    /** Where a request was read from. */
    record Coordinates(String topic, int partition, long offset, long time) {}

    Ledger(Homes homes) {
        this.homes = homes;
    }

    /**
     * The intent, written before anything is touched.
     *
     * @param contentHash the request's
     * @param addressed how many shards are asked
     */
    LedgerEntry open(SpecificRecord request, byte[] contentHash, int addressed, Coordinates at) {
        return withoutAnswers(
                ByteBuffer.wrap(contentHash),
                RequestRules.type(request),
                RequestRules.dataset(request),
                RequestRules.sampleCount(request),
                RequestRules.subjectCount(request),
                at,
                null,
                addressed);
    }

    private static LedgerEntry withoutAnswers(
            ByteBuffer contentHash,
            RequestType type,
            String dataset,
            int sampleCount,
            int subjectCount,
            Coordinates at,
            Receipt receipt,
            int addressed) {
        return new LedgerEntry(
                contentHash,
                type,
                dataset,
                sampleCount,
                subjectCount,
                at.topic(),
                at.partition(),
                at.offset(),
                at.time(),
                List.of(),
                0L,
                0L,
                List.of(),
                List.of(),
                0L,
                0L,
                null,
                null,
                Map.of(),
                List.of(),
                receipt,
                addressed);
    }

    /** Adds a shard's answer; a second answer of the same shard changes nothing. */
    LedgerEntry with(LedgerEntry entry, ShardNotice notice) {
        if (entry.getShards().contains(notice.getShard())) {
            return entry;
        }
        Map<String, Integer> modelShards = new HashMap<>(entry.getModelShards());
        notice.getModels().forEach(model -> modelShards.merge(model, 1, Integer::sum));
        boolean first = entry.getReasonCode() == null;
        return new LedgerEntry(
                entry.getContentHash(),
                entry.getType(),
                entry.getDataset(),
                entry.getSampleCount(),
                entry.getSubjectCount(),
                entry.getTopic(),
                entry.getPartition(),
                entry.getOffset(),
                entry.getRequestTime(),
                plus(entry.getShards(), List.of(notice.getShard())),
                entry.getApplied() + notice.getApplied(),
                entry.getListedFound() + notice.getListedFound(),
                plus(entry.getKnownSubjects(), notice.getKnownSubjects()),
                plus(entry.getErasedSubjects(), notice.getErasedSubjects()),
                entry.getAlreadyErased() + notice.getAlreadyErased(),
                entry.getRefused() + notice.getRefused(),
                first ? notice.getReasonCode() : entry.getReasonCode(),
                first ? notice.getReason() : entry.getReason(),
                modelShards,
                entry.getModels(),
                entry.getReceipt(),
                entry.getAddressed());
    }

    /** Adds a model's answer. */
    LedgerEntry with(LedgerEntry entry, ModelNotice notice) {
        if (answered(entry, notice.getModelId())) {
            return entry;
        }
        List<ModelReceipt> models = new ArrayList<>(entry.getModels());
        models.add(new ModelReceipt(
                notice.getModelId(),
                notice.getVersion(),
                notice.getDigest(),
                notice.getKind(),
                notice.getResidualBound(),
                notice.getResidualMeasured(),
                notice.getDistanceBound(),
                notice.getReasonCode(),
                notice.getReason(),
                notice.getPrivacy(),
                notice.getEvidence()));
        return with(entry, models);
    }

    private static boolean answered(LedgerEntry entry, String modelId) {
        for (ModelReceipt model : entry.getModels()) {
            if (model.getModelId().equals(modelId)) {
                return true;
            }
        }
        return false;
    }

    /** The entry closed with its receipt. What the receipt says is not kept twice: entries are many, and stay. */
    LedgerEntry closed(LedgerEntry entry, Receipt receipt) {
        return withoutAnswers(
                entry.getContentHash(),
                entry.getType(),
                "",
                entry.getSampleCount(),
                entry.getSubjectCount(),
                new Coordinates("", entry.getPartition(), entry.getOffset(), entry.getRequestTime()),
                receipt,
                entry.getAddressed());
    }

    /** Where the request of an entry was read from. */
    static Coordinates coordinates(LedgerEntry entry) {
        String topic = entry.getReceipt() == null
                ? entry.getTopic()
                : entry.getReceipt().getTopic();
        return new Coordinates(topic, entry.getPartition(), entry.getOffset(), entry.getRequestTime());
    }

    /** Values are shared: a builder would copy every one of them in depth, at each of a request's many answers. */
    private static LedgerEntry with(LedgerEntry entry, List<ModelReceipt> models) {
        return new LedgerEntry(
                entry.getContentHash(),
                entry.getType(),
                entry.getDataset(),
                entry.getSampleCount(),
                entry.getSubjectCount(),
                entry.getTopic(),
                entry.getPartition(),
                entry.getOffset(),
                entry.getRequestTime(),
                entry.getShards(),
                entry.getApplied(),
                entry.getListedFound(),
                entry.getKnownSubjects(),
                entry.getErasedSubjects(),
                entry.getAlreadyErased(),
                entry.getRefused(),
                entry.getReasonCode(),
                entry.getReason(),
                entry.getModelShards(),
                models,
                entry.getReceipt(),
                entry.getAddressed());
    }

    /**
     * The receipt, once every shard that was asked has answered and every model that all of them sent the changes to. A
     * model that was opened while the request was under way is known to some of them only: its first fit holds the request.
     */
    Optional<Receipt> receipt(String requestId, LedgerEntry entry, long now) {
        int asked = homes.asked(entry.getAddressed());
        if (entry.getShards().size() < asked) {
            return Optional.empty();
        }
        for (var model : entry.getModelShards().entrySet()) {
            if (model.getValue() == asked && !answered(entry, model.getKey())) {
                return Optional.empty();
            }
        }
        return Optional.of(build(requestId, entry, now));
    }

    /** A receipt for a request that never got into the ledger. */
    static Receipt refused(SpecificRecord request, Coordinates at, RequestRules.Refusal refusal, long now) {
        return Receipt.newBuilder()
                .setRequestId(RequestRules.requestId(request))
                .setDataset(RequestRules.dataset(request))
                .setType(RequestRules.type(request))
                .setStatus(ReceiptStatus.REFUSED)
                .setApplied(0)
                .setUnknown(0)
                .setAlreadyErased(0)
                .setRefused(RequestRules.sampleCount(request) + RequestRules.subjectCount(request))
                .setModels(List.of())
                .setReasonCode(refusal.code())
                .setReason(refusal.reason())
                .setTopic(at.topic())
                .setPartition(at.partition())
                .setOffset(at.offset())
                .setRequestTime(at.time())
                .setReceiptTime(now)
                .build();
    }

    private static Receipt build(String requestId, LedgerEntry entry, long now) {
        Verdict verdict = Verdict.of(entry);
        return new Receipt(
                requestId,
                entry.getDataset(),
                entry.getType(),
                verdict.status(),
                entry.getApplied(),
                verdict.unknown(),
                verdict.alreadyErased(),
                entry.getRefused(),
                verdict.status() == ReceiptStatus.REFUSED ? List.of() : sorted(entry.getModels()),
                verdict.code(),
                verdict.reason(),
                entry.getTopic(),
                entry.getPartition(),
                entry.getOffset(),
                entry.getRequestTime(),
                now);
    }

    private static List<ModelReceipt> sorted(List<ModelReceipt> models) {
        return models.stream()
                .sorted((a, b) -> a.getModelId().compareTo(b.getModelId()))
                .toList();
    }

    private static List<Integer> plus(List<Integer> a, List<Integer> b) {
        if (b.isEmpty()) {
            return a;
        }
        if (a.isEmpty() && b.size() == 1) {
            return b;
        }
        var all = new TreeSet<>(a);
        all.addAll(b);
        return List.copyOf(all);
    }
}
