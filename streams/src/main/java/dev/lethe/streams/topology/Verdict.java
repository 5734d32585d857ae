package dev.lethe.streams.topology;

import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.ModelReceipt;
import dev.lethe.schemas.ReceiptStatus;
import dev.lethe.schemas.RequestType;
import java.util.Optional;

/**
 * The status that a request's gathered answers come to: a partly unknown list applies the rest, all unknown is refused,
 * already erased is applied, and a model that could not follow makes it failed.
 *
 * @param unknown ids that no shard knew: samples and subjects
 * @param alreadyErased ids that an earlier request erased
 */
record Verdict(ReceiptStatus status, long unknown, long alreadyErased, String code, String reason) {

    static Verdict of(LedgerEntry entry) {
        long subjectsKnown = entry.getKnownSubjects().size();
        long subjectsErased = entry.getErasedSubjects().stream()
                .filter(s -> !entry.getKnownSubjects().contains(s))
                .count();
        // Applied counts samples, so what subjects brought in is not told apart from listed ids: listed ids are
        // counted by what is left of them.
        long listedErased = entry.getAlreadyErased();
        long listedFound = entry.getListedFound();
        long unknown = Math.max(0, entry.getSampleCount() - listedFound - listedErased - entry.getRefused())
                + Math.max(0, entry.getSubjectCount() - subjectsKnown - subjectsErased);
        long erased = listedErased + subjectsErased;
        boolean something = listedFound + subjectsKnown + erased > 0 || entry.getType() == RequestType.SETTLE;
        return failure(entry)
                .map(m -> new Verdict(ReceiptStatus.FAILED, unknown, erased, m.getReasonCode(), failed(m)))
                .orElseGet(() -> something ? applied(entry, unknown, erased) : refused(entry, unknown, erased));
    }

    private static Optional<ModelReceipt> failure(LedgerEntry entry) {
        return entry.getModels().stream().filter(m -> m.getVersion() == null).findFirst();
    }

    private static String failed(ModelReceipt model) {
        return "the data was changed, but model " + model.getModelId() + " could not follow: " + model.getReason();
    }

    private static Verdict applied(LedgerEntry entry, long unknown, long erased) {
        String code = null;
        String reason = null;
        if (entry.getRefused() > 0) {
            code = entry.getReasonCode();
            reason = entry.getRefused() + " refused, the rest applied: " + entry.getReason();
        } else if (unknown > 0) {
            code = "PARTLY_UNKNOWN";
            reason = unknown + " of " + total(entry) + " ids are not known in dataset " + entry.getDataset()
                    + "; the rest was applied";
        } else if (erased > 0) {
            code = "ALREADY_ERASED";
            reason = erased + " of " + total(entry) + " ids were erased by an earlier request";
        }
        return new Verdict(ReceiptStatus.APPLIED, unknown, erased, code, reason);
    }

    private static Verdict refused(LedgerEntry entry, long unknown, long erased) {
        if (entry.getRefused() > 0) {
            return new Verdict(ReceiptStatus.REFUSED, unknown, erased, entry.getReasonCode(), entry.getReason());
        }
        boolean subjects = entry.getSampleCount() == 0;
        String what = subjects ? "subjects" : "sample ids";
        String hint = entry.getType() == RequestType.DELETE
                ? "; samples with these ids will be refused if they arrive later"
                : "; check the ids and the dataset name";
        return new Verdict(
                ReceiptStatus.REFUSED,
                unknown,
                erased,
                subjects ? "UNKNOWN_SUBJECT" : "UNKNOWN_SAMPLE",
                "none of the " + total(entry) + " " + what + " is known in dataset " + entry.getDataset() + hint);
    }

    private static int total(LedgerEntry entry) {
        return entry.getSampleCount() + entry.getSubjectCount();
    }
}
