package dev.lethe.streams.topology;

import dev.lethe.schemas.ComputedScores;
import dev.lethe.schemas.InfluencePart;
import dev.lethe.schemas.InfluencePass;
import dev.lethe.schemas.OpenModel;
import dev.lethe.schemas.PublishedFactor;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.ShardScored;
import dev.lethe.streams.store.RowCut;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers passes about single rows for one shard: scores, and influences on given rows. As with every pass the rows are
 * those of a snapshot taken on the stream thread; the work is done on a thread of its own, so that passes for the models'
 * sake need not wait for it. Nothing here survives a restart: the model, or whoever asked, asks again.
 */
final class RowPasses implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RowPasses.class);
    private static final int BLOCKS_AT_ONCE = 2;
    private static final String FACTOR_LOST = "the shard was restarted while the pass was under way";

    private final ShardStores rows;
    private final OpenModels models;
    private final ComputedStore computed;
    private final RowOutput output;
    private final Worker worker;
    private final int shards;
    private final FactorPieces factors = new FactorPieces();
    private final List<ScoreRun> runs = new ArrayList<>();

    /** @param shards how many there are */
    RowPasses(
            ShardStores rows, OpenModels models, ComputedStore computed, RowOutput output, Worker worker, int shards) {
        this.rows = rows;
        this.models = models;
        this.computed = computed;
        this.output = output;
        this.worker = worker;
        this.shards = shards;
        rows.watch(this::changed);
    }

    void factor(PublishedFactor piece) {
        factors.add(piece);
    }

    void computed(ComputedScores batch) {
        computed.take(batch);
    }

    /** A new pass takes the place of the model's earlier one. */
    void score(ScorePass pass) {
        OpenModel model = known(pass.getModelId());
        if (model == null) {
            return;
        }
        var factor = factors.take(pass.getPassId());
        if (pass.getFactor() && factor.isEmpty()) {
            output.scored(model, failed(pass, FACTOR_LOST));
            return;
        }
        if (!model.getScored()) {
            models.put(OpenModel.newBuilder(model).setScored(true).build());
        }
        cancel(pass.getModelId());
        ScoreRun run = new ScoreRun(pass, model.getSpec(), factor.orElse(null), output.shard(), output.now());
        RowCut cut = rows.cut(model.getSpec().getDataset(), models.mapper(model.getSpec()));
        runs.add(run);
        worker.submit(() -> {
            run.run(cut);
            return () -> {};
        });
    }

    private ShardScored failed(ScorePass pass, String reason) {
        return new ShardScored(
                pass.getModelId(), pass.getPassId(), output.shard(), 0L, 0L, "shard " + output.shard() + ": " + reason);
    }

    private void cancel(String modelId) {
        runs.stream().filter(run -> run.modelId().equals(modelId)).forEach(ScoreRun::cancel);
        runs.removeIf(run -> run.modelId().equals(modelId));
    }

    void influence(InfluencePass pass) {
        OpenModel model = known(pass.getModelId());
        if (model == null) {
            return;
        }
        InfluenceRun run = new InfluenceRun(pass, model.getSpec(), output.shard(), shards);
        var factor = factors.take(pass.getPassId());
        if (pass.getFactor() && factor.isEmpty()) {
            output.influence(run.failed("ASK_AGAIN", FACTOR_LOST + ": ask again"));
            return;
        }
        RowCut cut = rows.cut(model.getSpec().getDataset(), models.mapper(model.getSpec()));
        worker.submit(() -> {
            InfluencePart part = run.run(cut, factor.orElse(null));
            return () -> output.influence(part);
        });
    }

    private OpenModel known(String modelId) {
        OpenModel model = models.get(modelId);
        if (model == null) {
            LOG.atWarn().addKeyValue("model", modelId).log("pass for a model that was never opened here");
        }
        return model;
    }

    /** A row was changed or erased: what was said of it is withdrawn, and what is on its way is not said. */
    private void changed(String dataset, String sampleId) {
        for (OpenModel model : models.of(dataset)) {
            if (model.getScored()) {
                output.forget(dataset, model.getSpec().getModelId(), sampleId);
            }
            computed.forget(model, sampleId);
        }
        runs.stream().filter(run -> run.of(dataset)).forEach(run -> run.touch(sampleId));
    }

    /** Whether something waits for {@link #send}. */
    boolean busy() {
        return !runs.isEmpty() || worker.busy();
    }

    /** Sends some of what is ready. */
    void send() {
        worker.drain();
        runs.removeIf(run -> {
            ShardScored end = run.send(output, computed, BLOCKS_AT_ONCE);
            if (end != null) {
                output.scored(models.get(run.modelId()), end);
            }
            return end != null;
        });
    }

    @Override
    public void close() {
        runs.forEach(ScoreRun::cancel);
        worker.close();
    }
}
