package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Changes;
import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.DeleteRequest;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.ModelNotice;
import dev.lethe.schemas.ModelOpened;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.Notices;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.Parts;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.Promotion;
import dev.lethe.schemas.PublishedFactor;
import dev.lethe.schemas.Receipt;
import dev.lethe.schemas.RectifyRequest;
import dev.lethe.schemas.RefreshFactor;
import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.RelabelRequest;
import dev.lethe.schemas.Sample;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.SettleRequest;
import dev.lethe.schemas.ShardNotice;
import dev.lethe.schemas.ShardScored;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.schemas.VersionArtifact;
import dev.lethe.streams.topology.Topic.Group;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * The topics of one deployment.
 *
 * @param prefix first part of every topic name, also the Kafka Streams application id
 */
public record Topics(String prefix) {
    private static final String DELETE = "delete";
    private static final String COMPACT = "compact";

    /** Requests: delete, relabel, rectify, settle. Key: dataset. */
    public Topic<String, SpecificRecord> requests() {
        return topic(
                "requests",
                Group.REQUESTS,
                DELETE,
                Messages.serde(List.of(
                                DeleteRequest.class, RelabelRequest.class, RectifyRequest.class, SettleRequest.class))
                        .required(SpecificRecord.class));
    }

    /** Notices of shards and models for the ledger, by partition. No key. */
    public Topic<String, SpecificRecord> applied() {
        return topic(
                "applied", Group.REQUESTS, DELETE, union(List.of(ShardNotice.class, ModelNotice.class, Notices.class)));
    }

    /** Training rows. Key: dataset/sampleId; null value: tombstone. */
    public Topic<String, Sample> samples() {
        return topic("samples", Group.SHARDS, COMPACT, Messages.serde(Sample.class));
    }

    /** What requests ask of each shard. No key. */
    public Topic<String, SpecificRecord> parts() {
        return topic("parts", Group.SHARDS, DELETE, union(List.of(Part.class, Parts.class)));
    }

    /** Opened models and passes, to every shard. Key: model id. */
    public Topic<String, SpecificRecord> passes() {
        return topic(
                "passes",
                Group.SHARDS,
                DELETE,
                union(List.of(
                        ModelOpened.class,
                        Pass.class,
                        PublishedFactor.class,
                        ScorePass.class,
                        InfluencePass.class,
                        ComputedScores.class)));
    }

    /** Model definitions. Key: model id. */
    public Topic<String, ModelSpec> models() {
        return topic("models", Group.MODELS, COMPACT, Messages.serde(ModelSpec.class));
    }

    /** Changes, cuts and statistics, from shards to a model; what is asked of a model. Key: model id. */
    public Topic<String, SpecificRecord> answers() {
        return topic(
                "answers",
                Group.MODELS,
                DELETE,
                union(List.of(
                        Change.class,
                        Changes.class,
                        Cut.class,
                        ShardStatistics.class,
                        RefreshFactor.class,
                        PromoteVersion.class,
                        RefreshScores.class,
                        InfluenceQuestion.class,
                        ShardScored.class,
                        ComputedScores.class)));
    }

    /** Receipts. Key: request id. */
    public Topic<String, Receipt> receipts() {
        return topic("receipts", Group.OUTPUT, DELETE, Messages.serde(Receipt.class));
    }

    /** Every version. Key: model id. */
    public Topic<String, ModelVersion> versions() {
        return topic("versions", Group.OUTPUT, DELETE, Messages.serde(ModelVersion.class));
    }

    /** The newest version of each model. Key: model id. */
    public Topic<String, ModelVersion> latestVersions() {
        return topic("versions.latest", Group.OUTPUT, COMPACT, Messages.serde(ModelVersion.class));
    }

    /** Champions of models whose champion is not simply the newest version. Key: model id; a tombstone: it is again. */
    public Topic<String, ModelVersion> championVersions() {
        return topic("versions.champion", Group.OUTPUT, COMPACT, Messages.serde(ModelVersion.class));
    }

    /** Decisions about champions. Key: model id. */
    public Topic<String, Promotion> promotions() {
        return topic("promotions", Group.OUTPUT, DELETE, Messages.serde(Promotion.class));
    }

    /** Versions whose files are in the artifact store. Key: model id. */
    public Topic<String, VersionArtifact> artifacts() {
        return topic("artifacts", Group.OUTPUT, DELETE, Messages.serde(VersionArtifact.class));
    }

    /** Scores of every sample of the models that are scored. Key: dataset/modelId/sampleId; null value: tombstone. */
    public Topic<String, SampleScores> scores() {
        return topic("scores", Group.SHARDS, COMPACT, Messages.serde(SampleScores.class));
    }

    /** Answers to questions about influence, and news of scores. Key: question or model id. */
    public Topic<String, SpecificRecord> insights() {
        return topic("insights", Group.OUTPUT, DELETE, union(List.of(InfluencePart.class, ScoresDone.class)));
    }

    /** What could not be read or handled, with the reason in the headers. */
    public Topic<byte[], byte[]> deadLetters() {
        return new Topic<>(prefix + ".dead-letters", Group.OUTPUT, DELETE, Serdes.ByteArray(), Serdes.ByteArray());
    }

    /** All of them, as created and checked at start. */
    public List<Topic<?, ?>> all() {
        return List.of(
                requests(),
                applied(),
                samples(),
                parts(),
                passes(),
                models(),
                answers(),
                receipts(),
                versions(),
                latestVersions(),
                championVersions(),
                promotions(),
                artifacts(),
                scores(),
                insights(),
                deadLetters());
    }

    /** Key of a sample record. Datasets have no slash in their names, so the first slash separates. */
    public static String sampleKey(String dataset, String sampleId) {
        return dataset + "/" + sampleId;
    }

    /** Key of a score record. Neither datasets nor models have a slash in their names. */
    public static String scoreKey(String dataset, String modelId, String sampleId) {
        return dataset + "/" + modelId + "/" + sampleId;
    }

    private <V> Topic<String, V> topic(String name, Group group, String cleanup, Serde<V> values) {
        return new Topic<>(prefix + "." + name, group, cleanup, Serdes.String(), values);
    }

    private static Serde<SpecificRecord> union(List<Class<? extends SpecificRecord>> types) {
        return Messages.serde(types).as(SpecificRecord.class);
    }
}
