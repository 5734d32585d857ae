package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.SampleScores;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.ShardScored;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.store.RowCut;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.NetworkScorer;
import dev.lethe.unlearn.valuation.RowScorer;
import dev.lethe.unlearn.valuation.RowScorer.Scored;
import dev.lethe.unlearn.valuation.Scorer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * One shard's scores of one pass, on their way from the worker, which makes them block by block, to the stream thread,
 * which sends them. A sample that is changed or erased in between is left out: its tombstone must be the last word.
 */
final class ScoreRun {
    private static final int BLOCKS_AHEAD = 8;

    private final ScorePass pass;
    private final ModelSpec spec;
    private final RowLabels labels;
    private final Predicate<String> trainedOn;
    private final double[] factor;
    private final int shard;
    private final long time;
    private final BlockingQueue<List<SampleScores>> ready = new ArrayBlockingQueue<>(BLOCKS_AHEAD);
    /** Samples changed since the cut. Stream thread only. */
    private final Set<String> touched = new HashSet<>();

    private volatile boolean cancelled;
    private volatile ShardScored end;

    // Of the worker.
    private final List<String> ids = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();
    private Scorer scorer;
    private long scored;
    private long misfits;

    /** @param factor P, packed, or null */
    ScoreRun(ScorePass pass, ModelSpec spec, double[] factor, int shard, long time) {
        this.pass = pass;
        this.spec = spec;
        this.labels = new RowLabels(spec);
        this.trainedOn = Specs.trainedOn(spec);
        this.factor = factor;
        this.shard = shard;
        this.time = time;
    }

    private static final class Cancelled extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Cancelled() {
            super("nobody waits for these scores any more", null, false, false);
        }
    }

    String modelId() {
        return pass.getModelId();
    }

    boolean of(String dataset) {
        return spec.getDataset().equals(dataset);
    }

    void touch(String sampleId) {
        touched.add(sampleId);
    }

    void cancel() {
        cancelled = true;
    }

    /** On the worker: scores the whole cut, waiting whenever the stream thread is behind. Closes the cut. */
    void run(RowCut cut) {
        String failure = null;
        try (cut;
                Scorer made = scorer(Doubles.toArray(pass.getTheta()))) {
            scorer = made;
            cut.forEach(row -> add(cut.sampleId(), row), () -> misfits++);
            flush();
        } catch (Cancelled e) {
            return;
        } catch (RuntimeException | OutOfMemoryError e) {
            failure = "shard " + shard + ": " + e;
        }
        end = new ShardScored(pass.getModelId(), pass.getPassId(), shard, scored, misfits, failure);
    }

    private Scorer scorer(double[] theta) {
        return NetworkSpecs.isNetwork(spec)
                ? new NetworkScorer(NetworkSpecs.network(spec, theta))
                : new RowScorer(Specs.objective(spec), theta, factor);
    }

    /** A row that is held back is no training row. */
    private void add(String id, Row row) {
        if (!trainedOn.test(id)) {
            return;
        }
        ids.add(id);
        rows.add(row);
        if (rows.size() == RowScorer.BLOCK) {
            flush();
        }
    }

    private void flush() {
        if (rows.isEmpty()) {
            return;
        }
        List<Scored> values = scorer.score(rows);
        List<SampleScores> block = new ArrayList<>(rows.size());
        for (int i = 0; i < values.size(); i++) {
            block.add(message(ids.get(i), rows.get(i), values.get(i)));
        }
        scored += rows.size();
        ids.clear();
        rows.clear();
        put(block);
    }

    private void put(List<SampleScores> block) {
        try {
            while (!ready.offer(block, 50, TimeUnit.MILLISECONDS)) {
                if (cancelled) {
                    throw new Cancelled();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Cancelled();
        }
    }

    private SampleScores message(String id, Row row, Scored value) {
        return SampleScores.newBuilder()
                .setModelId(pass.getModelId())
                .setDataset(spec.getDataset())
                .setSampleId(id)
                .setVersion(pass.getVersion())
                .setLabel(labels.of(row))
                .setSuggested(labels.name(value.suggested()))
                .setLoss(value.loss())
                .setEl2n(value.el2n())
                .setGrand(value.grand())
                .setMargin(value.margin())
                .setSelfInfluence(known(value.selfInfluence()))
                .setLeverage(known(value.leverage()))
                .setLooLoss(known(value.looLoss()))
                .setScoredAt(time)
                .build();
    }

    /** A row without which the curvature is singular has no number here. */
    private static Double known(double value) {
        return Double.isNaN(value) ? null : Double.valueOf(value);
    }

    /**
     * Sends what is ready, at most so many blocks.
     *
     * @return the end, once everything is sent; else null
     */
    ShardScored send(RowOutput output, ComputedStore computed, int blocks) {
        ShardScored seen = end;
        for (int i = 0; i < blocks; i++) {
            List<SampleScores> block = ready.poll();
            if (block == null) {
                return seen;
            }
            block.stream()
                    .filter(s -> !touched.contains(s.getSampleId()))
                    .map(computed::with)
                    .forEach(output::scores);
        }
        return null;
    }
}
