package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.RequestTally;
import dev.lethe.streams.metrics.LetheMetrics;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Everything a model sends. */
final class ModelOutput {
    private final ProcessorContext<String, Addressed> context;
    private final LetheMetrics metrics;
    private final Outbox outbox;
    /** Per partition of the ledger what it is told in this transaction. */
    private final Map<Integer, Bundle<ModelNotice>> notices = new HashMap<>();

    ModelOutput(ProcessorContext<String, Addressed> context, LetheMetrics metrics, Outbox outbox) {
        this.outbox = outbox;
        this.context = context;
        this.metrics = metrics;
    }

    int partition() {
        return context.taskId().partition();
    }

    long now() {
        return context.currentSystemTimeMs();
    }

    void opened(ModelSpec spec, ByteBuffer subjectSalt) {
        forward(spec.getModelId(), Addressed.toAll(new ModelOpened(spec, partition(), subjectSalt)), Nodes.TO_PASSES);
    }

    /** A settling waits for it, and publication perhaps for that. */
    void pass(Pass pass) {
        Transaction.current().urgent();
        forward(pass.getModelId(), Addressed.toAll(pass), Nodes.TO_PASSES);
    }

    /** Anything else that every shard is to have. */
    void toShards(String modelId, SpecificRecord message) {
        forward(modelId, Addressed.toAll(message), Nodes.TO_PASSES);
    }

    /** An answer about single samples. */
    void insight(String key, SpecificRecord message) {
        forward(key, Addressed.byKey(message), Nodes.MODELS_TO_INSIGHTS);
    }

    void publish(ModelVersion version) {
        metrics.published(version);
        forward(version.getModelId(), Addressed.byKey(version), Nodes.TO_VERSIONS);
        forward(version.getModelId(), Addressed.byKey(version), Nodes.TO_LATEST);
    }

    /** @param version null: the newest is the champion again */
    void champion(String modelId, ModelVersion version) {
        forward(modelId, Addressed.byKey(version), Nodes.TO_CHAMPION);
    }

    void decision(Promotion decided) {
        forward(decided.getModelId(), Addressed.byKey(decided), Nodes.TO_PROMOTIONS);
    }

    /** What has to be stored before a version is published. */
    Outbox outbox() {
        return outbox;
    }

    LetheMetrics metrics() {
        return metrics;
    }

    void notice(RequestTally tally, ModelNotice notice) {
        Transaction.current().produced();
        notices.computeIfAbsent(
                        tally.getRequestPartition(),
                        partition -> new Bundle<>(
                                all -> new Notices(List.copyOf(all)),
                                message -> forward(null, Addressed.to(partition, message), Nodes.TO_NOTICES)))
                .add(notice, Messages.SMALL);
    }

    /** Sends what was held back in this transaction. */
    void send() {
        notices.values().forEach(Bundle::flush);
    }

    void deadLetter(Record<String, ? extends SpecificRecord> record, String code, String reason) {
        context.forward(DeadLetter.of(record, code, reason, now()), Nodes.MODELS_TO_DEAD_LETTERS);
    }

    private void forward(String key, Addressed value, String sink) {
        Transaction.current().produced();
        context.forward(new Record<>(key, value, now()), sink);
    }
}
