package dev.lethe.streams.topology;

import dev.lethe.schemas.Sample;
import dev.lethe.schemas.StoredSample;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends samples home that are on another shard than {@link Homes} says: those that arrive, and once those that are stored,
 * since earlier releases kept every sample where its producer had put it.
 */
final class Strays {
    private static final Logger LOG = LoggerFactory.getLogger(Strays.class);

    private final Homes homes;
    private final ShardStores rows;
    private final ShardOutput output;
    private final int shard;
    private boolean sweeping;
    /** Key of the last stored row that was looked at; null: none yet. */
    private String lookedAt;

    private long swept;

    Strays(Homes homes, ShardStores rows, ShardOutput output, int shard) {
        this.homes = homes;
        this.rows = rows;
        this.output = output;
        this.shard = shard;
        sweeping = homes.shards() > 1 && !rows.areHome();
    }

    /**
     * Sends a sample or tombstone that arrived on to its home.
     *
     * @return false: its home is here
     */
    boolean sentHome(Record<String, SpecificRecord> arrived, String dataset, String sampleId) {
        int home = homes.ofKey(arrived.key());
        if (home == shard) {
            return false;
        }
        output.sendHome(home, dataset, sampleId, (Sample) arrived.value(), arrived.timestamp());
        return true;
    }

    /** Whether stored rows are still to be looked at. */
    boolean sweeping() {
        return sweeping;
    }

    /** Looks at stored rows until {@link System#nanoTime} is {@code end}. */
    void sweep(long end) {
        if (!sweeping) {
            return;
        }
        try (var rest = rows.all(lookedAt)) {
            while (rest.hasNext() && System.nanoTime() < end) {
                var row = rest.next();
                lookedAt = row.key;
                look(row.key, row.value);
            }
            sweeping = rest.hasNext();
        }
        if (!sweeping) {
            rows.markHome();
            if (swept > 0) {
                LOG.atInfo()
                        .addKeyValue("shard", shard)
                        .addKeyValue("rows", swept)
                        .log("stored rows were sent to the shards that their ids belong to");
            }
        }
    }

    private void look(String key, StoredSample row) {
        int home = homes.ofKey(key);
        if (home != shard) {
            int slash = key.indexOf('/');
            String dataset = key.substring(0, slash);
            String id = key.substring(slash + 1);
            rows.delete(dataset, id, row);
            output.changed(dataset, id, row, null);
            output.flush();
            output.sendHome(home, dataset, id, ShardOutput.sample(dataset, id, row), row.getRecordTime());
            swept++;
        }
    }
}
