package dev.lethe.streams.topology;

/** Names of the nodes and stores of the topology, and of the record headers. */
final class Nodes {
    static final String REQUEST = "request";
    static final String SHARD = "shard";
    static final String MODEL = "model";

    static final String TO_PARTS = "to-parts";
    static final String TO_RECEIPTS = "to-receipts";
    static final String TO_APPLIED = "to-applied";
    static final String TO_SAMPLES = "to-samples";
    static final String TO_ANSWERS = "to-answers";
    static final String TO_SCORES = "to-scores";
    static final String SHARDS_TO_INSIGHTS = "shards-to-insights";
    static final String MODELS_TO_INSIGHTS = "models-to-insights";
    static final String TO_PASSES = "to-passes";
    static final String TO_NOTICES = "to-notices";
    static final String TO_VERSIONS = "to-versions";
    static final String TO_LATEST = "to-versions-latest";
    static final String TO_CHAMPION = "to-versions-champion";
    static final String TO_PROMOTIONS = "to-promotions";
    static final String REQUESTS_TO_DEAD_LETTERS = "requests-to-dead-letters";
    static final String SHARDS_TO_DEAD_LETTERS = "shards-to-dead-letters";
    static final String MODELS_TO_DEAD_LETTERS = "models-to-dead-letters";

    static final String LEDGER = "ledger";
    static final String LEDGER_JOURNAL = "ledger-journal";
    static final String SAMPLES = "samples-store";
    static final String SUBJECTS = "subjects";
    static final String SUPPRESSED = "suppressed";
    static final String OPEN_MODELS = "open-models";
    static final String WORK = "work";
    static final String COMPUTED = "computed-scores";
    static final String ANCHORS = "anchors";
    static final String PROGRESS = "progress";
    static final String TAIL = "tail";
    static final String TALLIES = "tallies";
    static final String VALIDATION = "validation";
    static final String CHAMPIONS = "champions";

    static final String REQUEST_COMMIT = "request-commit";
    static final String SHARD_COMMIT = "shard-commit";
    static final String MODEL_COMMIT = "model-commit";

    /** Set on rows that a shard wrote back itself: skipped when read back. */
    static final String ORIGIN_HEADER = "lethe-origin";
    /** Set on rows that a shard sent on to the shard that their ids belong to. */
    static final String SENT_HOME_HEADER = "lethe-sent-home";

    static final String REASON_CODE_HEADER = "lethe-reason-code";
    static final String REASON_HEADER = "lethe-reason";
    /** Where a dead letter came from: topic-partition@offset. */
    static final String SOURCE_HEADER = "lethe-source";

    private Nodes() {}
}
