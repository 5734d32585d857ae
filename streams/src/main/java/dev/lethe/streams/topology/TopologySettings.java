package dev.lethe.streams.topology;

import dev.lethe.streams.metrics.LetheMetrics;
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
 * @param metrics what happens is counted here
 */
public record TopologySettings(
        Topics topics,
        int shards,
        Duration settleQuiet,
        int batch,
        int slice,
        long rowCacheBytes,
        FactorCache factors,
        LetheMetrics metrics) {

    public TopologySettings {
        if (shards < 1 || batch < 1 || slice < 1) {
            throw new IllegalArgumentException(
                    "shards, batch and slice: expected at least 1, got " + shards + ", " + batch + " and " + slice);
        }
    }

    /** With no snapshots of factors, and meters that nobody reads. */
    public TopologySettings(Topics topics, int shards, Duration settleQuiet, int batch, int slice, long rowCacheBytes) {
        this(topics, shards, settleQuiet, batch, slice, rowCacheBytes, null, LetheMetrics.unread());
    }

    /** The same with snapshots of factors. */
    public TopologySettings withFactors(FactorCache kept) {
        return new TopologySettings(topics, shards, settleQuiet, batch, slice, rowCacheBytes, kept, metrics);
    }

    /** The same with meters that somebody reads. */
    public TopologySettings withMetrics(LetheMetrics read) {
        return new TopologySettings(topics, shards, settleQuiet, batch, slice, rowCacheBytes, factors, read);
    }
}
