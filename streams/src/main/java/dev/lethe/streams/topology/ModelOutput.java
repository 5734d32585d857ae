package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.RequestTally;
import dev.lethe.streams.metrics.LetheMetrics;
import java.nio.ByteBuffer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Everything a model sends. */
final class ModelOutput {
    private final ProcessorContext<String, Addressed> context;
    private final LetheMetrics metrics;

    ModelOutput(ProcessorContext<String, Addressed> context, LetheMetrics metrics) {
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

    void pass(Pass pass) {
        forward(pass.getModelId(), Addressed.toAll(pass), Nodes.TO_PASSES);
    }

    void publish(ModelVersion version) {
        metrics.published(version);
        forward(version.getModelId(), Addressed.byKey(version), Nodes.TO_VERSIONS);
        forward(version.getModelId(), Addressed.byKey(version), Nodes.TO_LATEST);
    }

    void notice(RequestTally tally, ModelNotice notice) {
        forward(notice.getRequestId(), Addressed.to(tally.getRequestPartition(), notice), Nodes.TO_NOTICES);
    }

    void deadLetter(Record<String, ? extends SpecificRecord> record, String code, String reason) {
        context.forward(DeadLetter.of(record, code, reason, now()), Nodes.MODELS_TO_DEAD_LETTERS);
    }

    private void forward(String key, Addressed value, String sink) {
        context.forward(new Record<>(key, value, now()), sink);
    }
}
