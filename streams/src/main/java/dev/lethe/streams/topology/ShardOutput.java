package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Changes;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.StoredSample;
import dev.lethe.streams.topology.OpenModels.Seen;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Everything a shard sends: changes and statistics to models, notices to the ledger, rows back to its own partition. */
final class ShardOutput {
    private final ProcessorContext<String, Addressed> context;
    private final OpenModels models;
    private final int shard;
    private final Origin origin;
    /** Per model the last change, held back so that it can carry the end of the part. */
    private final Map<String, Seen> held = new HashMap<>();
    /** Per model what it is told in this transaction. */
    private final Map<String, Bundle<Change>> changes = new HashMap<>();
    /** Per partition of the ledger what it is told in this transaction. */
    private final Map<Integer, Bundle<ShardNotice>> notices = new HashMap<>();

    ShardOutput(ProcessorContext<String, Addressed> context, OpenModels models) {
        this.context = context;
        this.models = models;
        this.shard = context.taskId().partition();
        this.origin = new Origin(context.applicationId());
    }

    /** Tells every model of the dataset that holds the sample, before or after. */
    void changed(String dataset, String sampleId, StoredSample before, StoredSample after) {
        for (OpenModel model : models.of(dataset)) {
            models.change(model, sampleId, before, after).ifPresent(change -> hold(model, change));
        }
    }

    private void hold(OpenModel model, Seen change) {
        Seen earlier = held.put(model.getSpec().getModelId(), change);
        if (earlier != null) {
            tell(model, change(model, earlier, false, null, null, null));
        }
    }

    /** Ends a run of changes that belong to no request. */
    void flush() {
        flush(null, null);
    }

    /** Ends a slice of a part that goes on: the last change names the request. */
    void flush(String requestId, Part part) {
        held.forEach((id, seen) -> {
            OpenModel model = models.get(id);
            tell(model, change(model, seen, false, requestId, part, null));
        });
        held.clear();
    }

    /** Sends what was held back in this transaction. */
    void send() {
        changes.values().forEach(Bundle::flush);
        notices.values().forEach(Bundle::flush);
    }

    private void tell(OpenModel model, Change change) {
        Transaction.current().produced();
        changes.computeIfAbsent(
                        model.getSpec().getModelId(),
                        id -> new Bundle<>(Changes::new, message -> forwardAnswer(models.get(id), message)))
                .add(change, Messages.SMALL + size(change.getBefore()) + size(change.getAfter()));
    }

    private static int size(RowData row) {
        return row == null || row.getFeatures() == null ? 0 : row.getFeatures().remaining();
    }

    private void tell(int requestPartition, ShardNotice notice) {
        Transaction.current().produced();
        notices.computeIfAbsent(
                        requestPartition,
                        partition -> new Bundle<>(
                                all -> new Notices(List.copyOf(all)),
                                message -> forward(null, Addressed.to(partition, message), Nodes.TO_APPLIED)))
                .add(notice, Messages.SMALL);
    }

    /** Tells a model a validation row that was there before it, if the sample is one. */
    void validation(OpenModel model, String sampleId, StoredSample row) {
        models.validation(model, sampleId, row)
                .ifPresent(seen -> tell(model, change(model, seen, false, null, null, null)));
    }

    /** Tells a model that it has all validation rows of this shard. */
    void validationDone(OpenModel model) {
        tell(
                model,
                Change.newBuilder()
                        .setModelId(model.getSpec().getModelId())
                        .setShard(shard)
                        .setValidationDone(true)
                        .build());
    }

    /** Ends a part: each model of the dataset gets its last change marked as such, or an empty answer. */
    void partDone(String dataset, ShardNotice notice, Part part, SettleUntil until) {
        for (OpenModel model : models.of(dataset)) {
            Seen last = held.remove(model.getSpec().getModelId());
            Seen seen = last == null ? Seen.NOTHING : last;
            tell(model, change(model, seen, true, notice.getRequestId(), part, until));
        }
        flush();
        tell(part.getReplyPartition(), notice);
    }

    /** @param part null: no request caused the change, or another change of the same slice names it */
    private Change change(OpenModel model, Seen seen, boolean done, String requestId, Part part, SettleUntil until) {
        return new Change(
                model.getSpec().getModelId(),
                shard,
                requestId,
                part == null ? 0 : part.getReplyPartition(),
                done,
                until,
                seen.before(),
                seen.after(),
                seen.subject(),
                part == null ? -1 : part.getOffset(),
                seen.validationId(),
                false,
                seen.sample(),
                part == null ? 0 : part.getAddressed());
    }

    /** Nobody can do anything with it before the statistics, so it does not end the transaction. */
    void cut(OpenModel model) {
        var pass = model.getPendingPass();
        answer(model, new Cut(pass.getModelId(), pass.getPassId(), model.getAttempt(), shard));
    }

    /** The model's settling waits for them, and publication perhaps for that. */
    void statistics(OpenModel model, ShardStatistics statistics) {
        Transaction.current().produced();
        Transaction.current().urgent();
        answer(model, statistics);
    }

    /** Writes a changed row back to this shard's own partition of the samples topic; null after: a tombstone. */
    void writeBack(String dataset, String sampleId, StoredSample after) {
        Sample value = after == null ? null : sample(dataset, sampleId, after);
        toSamples(dataset, sampleId, Addressed.to(shard, value), context.currentSystemTimeMs(), Nodes.ORIGIN_HEADER);
    }

    /**
     * Sends a row on to the partition that its id belongs to, and takes it off this shard's own; null: a tombstone, which
     * stays.
     *
     * @param time the row's record time, which it keeps
     */
    void sendHome(int home, String dataset, String sampleId, Sample value, long time) {
        toSamples(dataset, sampleId, Addressed.to(home, value), time, Nodes.SENT_HOME_HEADER);
        if (value != null) {
            writeBack(dataset, sampleId, null);
        }
        Transaction.current().produced();
    }

    static Sample sample(String dataset, String sampleId, StoredSample row) {
        return new Sample(dataset, sampleId, row.getSubjectId(), row.getFeatures(), row.getLabel(), row.getWeight());
    }

    private void toSamples(String dataset, String sampleId, Addressed value, long time, String header) {
        context.forward(
                new Record<>(Topics.sampleKey(dataset, sampleId), value, time, origin.mark(header)), Nodes.TO_SAMPLES);
    }

    /**
     * Whether a record on the samples topic was written by {@link #writeBack}. A consumer's {@link PolledRecords} leaves
     * these out; a test driver, which polls nothing, hands them over.
     */
    boolean wroteBack(Record<?, ?> record) {
        return origin.marked(record.headers(), Nodes.ORIGIN_HEADER);
    }

    /** Whether a record on the samples topic was written by {@link #sendHome}. */
    boolean wasSentHome(Record<?, ?> record) {
        return origin.marked(record.headers(), Nodes.SENT_HOME_HEADER);
    }

    void deadLetter(Record<String, ? extends SpecificRecord> record, String code, String reason) {
        context.forward(
                DeadLetter.of(record, code, reason, context.currentSystemTimeMs()), Nodes.SHARDS_TO_DEAD_LETTERS);
    }

    /** Behind all changes told before: a cut divides them. */
    private void answer(OpenModel model, SpecificRecord message) {
        Bundle<Change> before = changes.get(model.getSpec().getModelId());
        if (before != null) {
            before.flush();
        }
        forwardQuietly(model.getSpec().getModelId(), toModel(model, message), Nodes.TO_ANSWERS);
    }

    private void forwardAnswer(OpenModel model, SpecificRecord message) {
        forward(model.getSpec().getModelId(), toModel(model, message), Nodes.TO_ANSWERS);
    }

    private static Addressed toModel(OpenModel model, SpecificRecord message) {
        return Addressed.to(model.getReplyPartition(), message);
    }

    private void forward(String key, Addressed value, String sink) {
        Transaction.current().produced();
        forwardQuietly(key, value, sink);
    }

    /** The transaction does not end for its sake. */
    private void forwardQuietly(String key, Addressed value, String sink) {
        context.forward(new Record<>(key, value, context.currentSystemTimeMs()), sink);
    }
}
