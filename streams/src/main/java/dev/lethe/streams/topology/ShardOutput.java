package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.StoredSample;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Everything a shard sends: changes and statistics to models, notices to the ledger, rows back to its own partition. */
final class ShardOutput {
    private final ProcessorContext<String, Addressed> context;
    private final OpenModels models;
    private final int shard;
    private final byte[] origin;
    /** Per model the last change, held back so that it can carry the end of the part. */
    private final Map<String, Change.Builder> held = new HashMap<>();

    ShardOutput(ProcessorContext<String, Addressed> context, OpenModels models) {
        this.context = context;
        this.models = models;
        this.shard = context.taskId().partition();
        this.origin = context.applicationId().getBytes(StandardCharsets.UTF_8);
    }

    /** Tells every model of the dataset that holds the sample, before or after. */
    void changed(String dataset, StoredSample before, StoredSample after) {
        for (OpenModel model : models.of(dataset)) {
            models.change(model, before, after).ifPresent(change -> hold(model, change));
        }
    }

    private void hold(OpenModel model, Change.Builder change) {
        Change.Builder earlier = held.put(model.getSpec().getModelId(), change);
        if (earlier != null) {
            answer(model, build(earlier, false, null, null, null));
        }
    }

    /** Sends the changes still held back: they belong to no request, or the request goes on. */
    void flush() {
        held.forEach((id, change) -> answer(models.get(id), build(change, false, null, null, null)));
        held.clear();
    }

    /** Ends a part: each model of the dataset gets its last change marked as such, or an empty answer. */
    void partDone(String dataset, ShardNotice notice, Part part, SettleUntil until) {
        for (OpenModel model : models.of(dataset)) {
            String id = model.getSpec().getModelId();
            Change.Builder last = held.remove(id);
            Change.Builder done = last == null ? Change.newBuilder().setModelId(id) : last;
            answer(model, build(done, true, notice.getRequestId(), part, until));
        }
        flush();
        forward(notice.getRequestId(), Addressed.to(part.getReplyPartition(), notice), Nodes.TO_APPLIED);
    }

    /** @param part null: no request caused the change, or it is not its last */
    private Change build(Change.Builder change, boolean done, String requestId, Part part, SettleUntil until) {
        return change.setShard(shard)
                .setPartDone(done)
                .setRequestId(requestId)
                .setRequestPartition(part == null ? 0 : part.getReplyPartition())
                .setRequestOffset(part == null ? -1 : part.getOffset())
                .setUntil(until)
                .build();
    }

    void cut(OpenModel model) {
        var pass = model.getPendingPass();
        answer(model, new Cut(pass.getModelId(), pass.getPassId(), model.getAttempt(), shard));
    }

    void statistics(OpenModel model, ShardStatistics statistics) {
        answer(model, statistics);
    }

    /** Writes a changed row back to this shard's own partition of the samples topic; null after: a tombstone. */
    void writeBack(String dataset, String sampleId, StoredSample after) {
        Sample value = after == null
                ? null
                : new Sample(
                        dataset,
                        sampleId,
                        after.getSubjectId(),
                        after.getFeatures(),
                        after.getLabel(),
                        after.getWeight());
        var headers = new RecordHeaders().add(Nodes.ORIGIN_HEADER, origin);
        context.forward(
                new Record<>(
                        Topics.sampleKey(dataset, sampleId),
                        Addressed.to(shard, value),
                        context.currentSystemTimeMs(),
                        headers),
                Nodes.TO_SAMPLES);
    }

    /** Whether a record on the samples topic was written by {@link #writeBack}. */
    boolean wroteBack(Record<?, ?> record) {
        var header = record.headers().lastHeader(Nodes.ORIGIN_HEADER);
        return header != null && java.util.Arrays.equals(header.value(), origin);
    }

    void deadLetter(Record<String, ? extends SpecificRecord> record, String code, String reason) {
        context.forward(
                DeadLetter.of(record, code, reason, context.currentSystemTimeMs()), Nodes.SHARDS_TO_DEAD_LETTERS);
    }

    private void answer(OpenModel model, SpecificRecord message) {
        forward(model.getSpec().getModelId(), Addressed.to(model.getReplyPartition(), message), Nodes.TO_ANSWERS);
    }

    private void forward(String key, Addressed value, String sink) {
        context.forward(new Record<>(key, value, context.currentSystemTimeMs()), sink);
    }
}
