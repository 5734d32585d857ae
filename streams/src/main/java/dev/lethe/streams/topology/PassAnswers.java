package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.config.NetworkSpecs;
import dev.lethe.streams.config.Specs;
import dev.lethe.streams.store.RowCut;
import dev.lethe.unlearn.curvature.Sweep;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.validation.Holdout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers passes for one shard: takes the snapshot and sends the cut on the stream thread, sums on the worker, sends
 * the statistics from a punctuation.
 */
final class PassAnswers {
    private static final Logger LOG = LoggerFactory.getLogger(PassAnswers.class);
    /** Below Kafka's record limit of 1 MB, with room for headers. */
    private static final int CHUNK_BYTES = 512 * 1024;
    /** Sent in one tick at most: what Kafka's producer takes without waiting. */
    private static final int CHUNKS_AT_ONCE = 16;

    private final ShardStores rows;
    private final OpenModels models;
    private final ShardOutput output;
    private final Worker worker;
    private final int shard;
    /** Statistics on their way out. */
    private final Deque<Answer> outgoing = new ArrayDeque<>();

    private record Answer(OpenModel model, ShardStatistics statistics, boolean last) {}

    PassAnswers(ShardStores rows, OpenModels models, ShardOutput output, Worker worker, int shard) {
        this.rows = rows;
        this.models = models;
        this.output = output;
        this.worker = worker;
        this.shard = shard;
    }

    /** A new pass takes the place of one that was not answered yet. */
    void begin(Pass pass) {
        OpenModel model = models.get(pass.getModelId());
        if (model == null) {
            LOG.atWarn().addKeyValue("model", pass.getModelId()).log("pass for a model that was never opened here");
            return;
        }
        attempt(OpenModel.newBuilder(model).setPendingPass(pass).setAttempt(1).build());
    }

    /** After a restart: answers again, from a new snapshot, with the next attempt. */
    void resume() {
        for (OpenModel model : models.all()) {
            if (model.getPendingPass() != null) {
                attempt(OpenModel.newBuilder(model)
                        .setAttempt(model.getAttempt() + 1)
                        .build());
            }
        }
    }

    private void attempt(OpenModel model) {
        models.put(model);
        RowCut cut = rows.cut(model.getSpec().getDataset(), models.mapper(model.getSpec()));
        output.cut(model);
        worker.submit(() -> {
            List<ShardStatistics> statistics = answer(model, cut);
            return () -> enqueue(model, statistics);
        });
    }

    private List<ShardStatistics> answer(OpenModel model, RowCut cut) {
        try (cut) {
            return chunks(model, sums(model.getSpec(), model.getPendingPass(), cut));
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atError()
                    .addKeyValue("model", model.getSpec().getModelId())
                    .setCause(e)
                    .log("pass failed");
            return List.of(chunk(model, 0, 1, ByteBuffer.allocate(0), "shard " + shard + ": " + e));
        }
    }

    private static byte[] sums(ModelSpec spec, Pass pass, RowCut cut) {
        if (NetworkSpecs.isNetwork(spec)) {
            return NetworkRows.of(spec, pass, cut);
        }
        var theta = Doubles.toArray(pass.getTheta());
        var direction = pass.getDirection() == null ? null : Doubles.toArray(pass.getDirection());
        var wanted = new Wanted(pass.getCurvature(), pass.getGram(), pass.getPreconditioner(), direction);
        try (var sums = new Sweep(Specs.objective(spec), theta, wanted)) {
            cut.forEach(wanted(spec, pass, cut, sums), sums::misfit, sums::room);
            return sums.sums().encode();
        }
    }

    /** Adds every row that the pass is about; ids are made only where it is not about all of them. */
    private static Consumer<Row> wanted(ModelSpec spec, Pass pass, RowCut cut, Sweep sums) {
        Holdout holdout = Specs.holdout(spec);
        Set<String> except = pass.getExcept() == null ? Set.of() : Set.copyOf(pass.getExcept());
        if (holdout.equals(Holdout.NONE) && except.isEmpty()) {
            return sums::add;
        }
        return row -> {
            String id = cut.sampleId();
            if (!holdout.contains(id) && !except.contains(id)) {
                sums.add(row);
            }
        };
    }

    private List<ShardStatistics> chunks(OpenModel model, byte[] sums) {
        int count = Math.max(1, (sums.length + CHUNK_BYTES - 1) / CHUNK_BYTES);
        List<ShardStatistics> chunks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int from = i * CHUNK_BYTES;
            var payload = ByteBuffer.wrap(sums, from, Math.min(CHUNK_BYTES, sums.length - from));
            chunks.add(chunk(model, i, count, payload, null));
        }
        return chunks;
    }

    private ShardStatistics chunk(OpenModel model, int index, int count, ByteBuffer payload, String failure) {
        return new ShardStatistics(
                model.getSpec().getModelId(),
                model.getPendingPass().getPassId(),
                model.getAttempt(),
                shard,
                index,
                count,
                payload,
                failure);
    }

    private void enqueue(OpenModel answered, List<ShardStatistics> statistics) {
        for (int i = 0; i < statistics.size(); i++) {
            outgoing.add(new Answer(answered, statistics.get(i), i == statistics.size() - 1));
        }
    }

    /** Whether statistics wait for {@link #send}. */
    boolean sending() {
        return !outgoing.isEmpty();
    }

    /** Sends some of the statistics that are ready. The pass is pending until the last of them is out. */
    void send() {
        for (int i = 0; i < CHUNKS_AT_ONCE && !outgoing.isEmpty(); i++) {
            Answer next = outgoing.poll();
            OpenModel now = models.get(next.model.getSpec().getModelId());
            if (asksFor(now, next.model)) {
                output.statistics(now, next.statistics);
                if (next.last) {
                    models.put(OpenModel.newBuilder(now).setPendingPass(null).build());
                }
            }
        }
    }

    private static boolean asksFor(OpenModel now, OpenModel answered) {
        return now.getPendingPass() != null
                && now.getPendingPass().getPassId() == answered.getPendingPass().getPassId()
                && now.getAttempt() == answered.getAttempt();
    }
}
