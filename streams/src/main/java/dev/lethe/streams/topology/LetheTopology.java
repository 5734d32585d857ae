package dev.lethe.streams.topology;

import dev.lethe.schemas.ComputedRow;
import dev.lethe.schemas.LedgerEntry;
import dev.lethe.schemas.ModelAnchor;
import dev.lethe.schemas.ModelProgress;
import dev.lethe.schemas.ModelVersion;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.OpenRequests;
import dev.lethe.schemas.Part;
import dev.lethe.schemas.PartCursor;
import dev.lethe.schemas.RequestTally;
import dev.lethe.schemas.RowData;
import dev.lethe.schemas.StoredSample;
import dev.lethe.schemas.TailBatch;
import dev.lethe.schemas.TailEntry;
import dev.lethe.streams.store.RowBudget;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.Stores;

/**
 * The river: three processors, each all plumbing around pure functions.
 *
 * <pre>
 *  requests ─► Request ──parts──► Shard ──answers──► Model ─► versions, versions.latest
 *  (by dataset) (ledger)          (data)             (maths)
 *                 ▲   samples ──►   ▲                  │ ▲│ ◄── models
 *                 │                 └─────passes───────┘  │
 *                 └────────────────applied────────────────┘
 *              └─► receipts                    every stage ─► dead-letters
 * </pre>
 */
public final class LetheTopology {
    /** Keeps changelogs of short-lived state from holding on to erased rows. */
    private static final Map<String, String> CHANGELOG = Map.of(
            "cleanup.policy", "compact",
            "max.compaction.lag.ms", Long.toString(Topic.COMPACTION_LAG.toMillis()),
            "segment.ms", Long.toString(Topic.COMPACTION_LAG.toMillis()));

    private final TopologySettings settings;
    private final Topics topics;
    private final Topology topology = new Topology();
    private final RowBudget rowBudget;
    private final OpenAllowance openRequests = new OpenAllowance();

    private LetheTopology(TopologySettings settings) {
        this.settings = settings;
        this.topics = settings.topics();
        this.rowBudget = new RowBudget(settings.rowCacheBytes());
    }

    /** Builds the whole topology of a deployment. */
    public static Topology build(TopologySettings settings) {
        var built = new LetheTopology(settings);
        built.requests();
        built.shards();
        built.models();
        return built.topology;
    }

    private void requests() {
        source(topics.requests(), topics.applied());
        processor(
                Nodes.REQUEST, () -> new RequestProcessor(settings, openRequests), topics.requests(), topics.applied());
        sink(Nodes.TO_PARTS, topics.parts(), Nodes.REQUEST);
        sink(Nodes.TO_RECEIPTS, topics.receipts(), Nodes.REQUEST);
        store(Nodes.LEDGER, Messages.serde(LedgerEntry.class), Nodes.REQUEST);
        store(Nodes.LEDGER_JOURNAL, Messages.serde(OpenRequests.class), Nodes.REQUEST);
        topology.addStateStore(CommitHook.builder(Nodes.REQUEST_COMMIT), Nodes.REQUEST);
    }

    private void shards() {
        source(topics.parts(), topics.samples(), topics.passes());
        processor(
                Nodes.SHARD,
                () -> new ShardProcessor(settings, rowBudget),
                topics.parts(),
                topics.samples(),
                topics.passes());
        sink(Nodes.TO_SAMPLES, topics.samples(), Nodes.SHARD);
        sink(Nodes.TO_ANSWERS, topics.answers(), Nodes.SHARD);
        sink(Nodes.TO_APPLIED, topics.applied(), Nodes.SHARD);
        sink(Nodes.TO_SCORES, topics.scores(), Nodes.SHARD);
        sink(Nodes.SHARDS_TO_INSIGHTS, topics.insights(), Nodes.SHARD);
        deadLetters(Nodes.SHARDS_TO_DEAD_LETTERS, Nodes.SHARD);
        store(Nodes.SAMPLES, Messages.serde(StoredSample.class), Nodes.SHARD);
        store(Nodes.SUBJECTS, Serdes.ByteArray(), Nodes.SHARD);
        store(Nodes.SUPPRESSED, Serdes.ByteArray(), Nodes.SHARD);
        store(Nodes.OPEN_MODELS, Messages.serde(OpenModel.class), Nodes.SHARD);
        store(Nodes.COMPUTED, Messages.serde(ComputedRow.class), Nodes.SHARD);
        store(Nodes.WORK, Messages.serde(List.of(Part.class, PartCursor.class)).as(SpecificRecord.class), Nodes.SHARD);
        topology.addStateStore(CommitHook.builder(Nodes.SHARD_COMMIT), Nodes.SHARD);
    }

    private void models() {
        source(topics.models(), topics.answers());
        processor(Nodes.MODEL, () -> new ModelProcessor(settings), topics.models(), topics.answers());
        sink(Nodes.TO_PASSES, topics.passes(), Nodes.MODEL);
        sink(Nodes.TO_NOTICES, topics.applied(), Nodes.MODEL);
        sink(Nodes.TO_VERSIONS, topics.versions(), Nodes.MODEL);
        sink(Nodes.TO_LATEST, topics.latestVersions(), Nodes.MODEL);
        sink(Nodes.TO_CHAMPION, topics.championVersions(), Nodes.MODEL);
        sink(Nodes.TO_PROMOTIONS, topics.promotions(), Nodes.MODEL);
        sink(Nodes.MODELS_TO_INSIGHTS, topics.insights(), Nodes.MODEL);
        deadLetters(Nodes.MODELS_TO_DEAD_LETTERS, Nodes.MODEL);
        store(Nodes.ANCHORS, Messages.serde(ModelAnchor.class), Nodes.MODEL);
        store(Nodes.PROGRESS, Messages.serde(ModelProgress.class), Nodes.MODEL);
        store(
                Nodes.TAIL,
                Messages.serde(List.of(TailEntry.class, TailBatch.class)).as(SpecificRecord.class),
                Nodes.MODEL);
        store(Nodes.TALLIES, Messages.serde(RequestTally.class), Nodes.MODEL);
        store(Nodes.VALIDATION, Messages.serde(RowData.class), Nodes.MODEL);
        store(Nodes.CHAMPIONS, Messages.serde(ModelVersion.class), Nodes.MODEL);
        topology.addStateStore(CommitHook.builder(Nodes.MODEL_COMMIT), Nodes.MODEL);
    }

    private void source(Topic<?, ?>... from) {
        Framing framing = new Framing(settings.registry());
        for (Topic<?, ?> topic : from) {
            topology.addSource(
                    topic.name(),
                    topic.keys().deserializer(),
                    framing.over(topic.values().deserializer()),
                    topic.name());
        }
    }

    private void processor(
            String name, ProcessorSupplier<String, SpecificRecord, String, Addressed> supplier, Topic<?, ?>... from) {
        String[] parents = new String[from.length];
        for (int i = 0; i < from.length; i++) {
            parents[i] = from[i].name();
        }
        topology.addProcessor(name, supplier, parents);
    }

    private void sink(String name, Topic<String, ?> to, String from) {
        topology.addSink(
                name, to.name(), to.keys().serializer(), Addressed.serializer(to), Addressed.partitioner(), from);
    }

    private void deadLetters(String name, String from) {
        topology.addSink(
                name,
                topics.deadLetters().name(),
                Serdes.String().serializer(),
                (topic, value) -> value.message() == null ? null : Messages.encode(value.message()),
                Addressed.partitioner(),
                from);
    }

    private <V> void store(String name, Serde<V> values, String processor) {
        topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), values)
                        .withLoggingEnabled(CHANGELOG)
                        .withCachingDisabled(),
                processor);
    }
}
