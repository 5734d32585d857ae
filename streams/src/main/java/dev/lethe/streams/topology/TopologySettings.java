package dev.lethe.streams.topology;

import dev.lethe.streams.metrics.LetheMetrics;
import dev.lethe.streams.publish.LargeWeights;
import dev.lethe.streams.registry.SchemaRegistry;
import dev.lethe.streams.store.Checkpoints;
import dev.lethe.streams.store.FactorCache;
import java.time.Duration;

/**
 * What the topology needs to know of a deployment.
 *
 * @param topics the topics of the deployment
 * @param shards partition count of samples, parts and passes; fixed for life
 * @param settleQuiet how long a model must be without changes before it settles by itself
 * @param batch changes that are folded together at most
 * @param slice samples of one part that are worked off in one go at most
 * @param rowCacheBytes memory for rows of all shards of this process; 0: none
 * @param factors snapshots of factors; null: none are kept
 * @param scoresRefresh how long scores may be of an older version, once somebody asked for them; zero: for ever
 * @param checkpoints of trainings; null: none are kept
 * @param metrics what happens is counted here
 * @param registry of producers that frame as Confluent's serializers do; null: none do
 * @param weights takes parameters that are too large for a record; null: all travel in records
 * @param patching the maths of a batch of changes
 */
public record TopologySettings(
        Topics topics,
        int shards,
        Duration settleQuiet,
        int batch,
        int slice,
        long rowCacheBytes,
        FactorCache factors,
        Duration scoresRefresh,
        Checkpoints checkpoints,
        LetheMetrics metrics,
        SchemaRegistry registry,
        LargeWeights weights,
        Patching patching) {

    public TopologySettings {
        if (shards < 1 || batch < 1 || slice < 1) {
            throw new IllegalArgumentException(
                    "shards, batch and slice: expected at least 1, got " + shards + ", " + batch + " and " + slice);
        }
    }

    /**
     * Settings of a topology without snapshots, checkpoints, a registry or a store, with meters that nobody reads; the
     * parameters are those of the record.
     */
    public static Builder of(
            Topics topics, int shards, Duration settleQuiet, int batch, int slice, long rowCacheBytes) {
        return new Builder(topics, shards, settleQuiet, batch, slice, rowCacheBytes);
    }

    /** What a deployment may have beside its topics and limits. */
    public static final class Builder {
        private final Topics topics;
        private final int shards;
        private final Duration settleQuiet;
        private final int batch;
        private final int slice;
        private final long rowCacheBytes;
        private FactorCache factors;
        private Duration scoresRefresh = Duration.ZERO;
        private Checkpoints checkpoints;
        private LetheMetrics metrics = LetheMetrics.unread();
        private SchemaRegistry registry;
        private LargeWeights weights;
        private Patching patching = Patching.EXACT;

        private Builder(Topics topics, int shards, Duration settleQuiet, int batch, int slice, long rowCacheBytes) {
            this.topics = topics;
            this.shards = shards;
            this.settleQuiet = settleQuiet;
            this.batch = batch;
            this.slice = slice;
            this.rowCacheBytes = rowCacheBytes;
        }

        /** Keeps snapshots of factors. */
        public Builder factors(FactorCache kept) {
            factors = kept;
            return this;
        }

        /** Keeps scores up to date. @param refresh their age at most; zero: for ever */
        public Builder scoresRefresh(Duration refresh) {
            scoresRefresh = refresh;
            return this;
        }

        /** Keeps checkpoints of trainings. */
        public Builder checkpoints(Checkpoints kept) {
            checkpoints = kept;
            return this;
        }

        /** Counts what happens where somebody reads it. */
        public Builder metrics(LetheMetrics read) {
            metrics = read;
            return this;
        }

        /** Reads framed messages. @param read null: none */
        public Builder registry(SchemaRegistry read) {
            registry = read;
            return this;
        }

        /** Has a place for large weights. @param kept null: none */
        public Builder weights(LargeWeights kept) {
            weights = kept;
            return this;
        }

        /** Puts something else in the place of the maths. */
        public Builder patching(Patching other) {
            patching = other;
            return this;
        }

        /** @throws IllegalArgumentException if a limit is below 1 */
        public TopologySettings build() {
            return new TopologySettings(
                    topics,
                    shards,
                    settleQuiet,
                    batch,
                    slice,
                    rowCacheBytes,
                    factors,
                    scoresRefresh,
                    checkpoints,
                    metrics,
                    registry,
                    weights,
                    patching);
        }
    }
}
