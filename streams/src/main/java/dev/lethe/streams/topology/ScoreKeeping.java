package dev.lethe.streams.topology;

import dev.lethe.schemas.RefreshScores;
import dev.lethe.schemas.ScorePass;
import dev.lethe.schemas.ScoresDone;
import dev.lethe.schemas.ShardScored;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a model's samples are scored: first when somebody asks, from then on whenever a version is published that the scores
 * are not of, no oftener than the deployment says. All on the stream thread.
 */
final class ScoreKeeping {
    private static final Logger LOG = LoggerFactory.getLogger(ScoreKeeping.class);
    private static final long TIMEOUT_MS = 60_000;

    private final ModelState state;
    private final ModelOutput output;
    private final TopologySettings settings;
    private List<String> asked = new ArrayList<>();
    private long lastPass;
    /** How often something was added to the scores beside their passes, and how much of it has been in one. */
    private long added;

    private long shown;
    private Run run;

    private static final class Run {
        private final String passId;
        private final long version;
        private final List<String> askedBy;
        private final long added;
        private final Map<Integer, ShardScored> shards = new HashMap<>();
        private long lastHeard;

        Run(String passId, long version, List<String> askedBy, long added, long now) {
            this.passId = passId;
            this.version = version;
            this.askedBy = askedBy;
            this.added = added;
            this.lastHeard = now;
        }
    }

    ScoreKeeping(ModelState state, ModelOutput output, TopologySettings settings) {
        this.state = state;
        this.output = output;
        this.settings = settings;
        this.lastPass = output.now();
    }

    void ask(RefreshScores refresh) {
        asked.add(refresh.getRefreshId());
    }

    /** The shards have been given something to show with the scores: those there are lack it. */
    void added() {
        added++;
    }

    /** Whether somebody waits for a pass to begin. */
    boolean waiting() {
        return run == null && !asked.isEmpty();
    }

    /** Whether a pass should begin now. */
    boolean due() {
        if (run != null) {
            return false;
        }
        long version = state.progress().getVersion();
        boolean stale = state.progress().getScoresVersion() != version || added != shown;
        if (!asked.isEmpty() && !stale) {
            done(asked, version, 0, null);
            asked = new ArrayList<>();
            return false;
        }
        long refresh = settings.scoresRefresh().toMillis();
        boolean kept = state.progress().getScoresVersion() > 0 && refresh > 0 && output.now() - lastPass >= refresh;
        return !asked.isEmpty() || stale && kept;
    }

    ScorePass begin(ByteBuffer theta, boolean factor) {
        long version = state.progress().getVersion();
        run = new Run(UUID.randomUUID().toString(), version, asked, added, output.now());
        asked = new ArrayList<>();
        lastPass = output.now();
        return new ScorePass(state.spec().getModelId(), run.passId, version, theta, factor, output.partition());
    }

    void scored(ShardScored message) {
        if (run == null || !message.getPassId().equals(run.passId)) {
            return;
        }
        run.lastHeard = output.now();
        if (message.getFailure() != null) {
            giveUp(message.getFailure());
            return;
        }
        run.shards.put(message.getShard(), message);
        if (run.shards.size() == settings.shards()) {
            complete();
        }
    }

    private void complete() {
        long rows = run.shards.values().stream().mapToLong(ShardScored::getRows).sum();
        state.progress().setScoresVersion(run.version);
        shown = run.added;
        state.save();
        LOG.atInfo()
                .addKeyValue("model", state.spec().getModelId())
                .addKeyValue("version", run.version)
                .addKeyValue("rows", rows)
                .log("scored");
        done(run.askedBy, run.version, rows, null);
        run = null;
    }

    private void giveUp(String failure) {
        LOG.atWarn()
                .addKeyValue("model", state.spec().getModelId())
                .addKeyValue("reason", failure)
                .log("samples could not be scored");
        done(run.askedBy, run.version, 0, failure);
        run = null;
    }

    void tick() {
        if (run != null && output.now() - run.lastHeard > TIMEOUT_MS) {
            LOG.atWarn().addKeyValue("model", state.spec().getModelId()).log("scoring timed out, asked for again");
            asked.addAll(run.askedBy);
            run = null;
        }
    }

    /** Nobody waits for a pass that the model makes by itself. */
    private void done(List<String> askedBy, long version, long rows, String failure) {
        output.insight(
                state.spec().getModelId(),
                ScoresDone.newBuilder()
                        .setModelId(state.spec().getModelId())
                        .setRefreshIds(askedBy)
                        .setVersion(version)
                        .setRows(rows)
                        .setFailureCode(failure == null ? null : "PASS_FAILED")
                        .setFailure(failure)
                        .build());
    }
}
