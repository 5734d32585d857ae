package dev.lethe.streams.topology;

import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ShardScored;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** What a shard says about single rows: scores, their tombstones, its part of an influence. */
final class RowOutput {
    private final ProcessorContext<String, Addressed> context;
    private final int shard;

    RowOutput(ProcessorContext<String, Addressed> context) {
        this.context = context;
        this.shard = context.taskId().partition();
    }

    int shard() {
        return shard;
    }

    long now() {
        return context.currentSystemTimeMs();
    }

    /** To this shard's own partition: a sample's scores and its tombstone stay in order. */
    void scores(SampleScores scores) {
        String key = Topics.scoreKey(scores.getDataset(), scores.getModelId(), scores.getSampleId());
        forward(key, Addressed.to(shard, scores), Nodes.TO_SCORES);
    }

    void forget(String dataset, String modelId, String sampleId) {
        forward(Topics.scoreKey(dataset, modelId, sampleId), Addressed.to(shard, null), Nodes.TO_SCORES);
    }

    void scored(OpenModel model, ShardScored message) {
        Transaction.current().produced();
        forward(message.getModelId(), Addressed.to(model.getReplyPartition(), message), Nodes.TO_ANSWERS);
    }

    void influence(InfluencePart part) {
        Transaction.current().produced();
        forward(part.getQuestionId(), Addressed.byKey(part), Nodes.SHARDS_TO_INSIGHTS);
    }

    private void forward(String key, Addressed value, String sink) {
        context.forward(new Record<>(key, value, now()), sink);
    }
}
