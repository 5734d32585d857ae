package dev.lethe.streams.topology;

import dev.lethe.streams.metrics.LetheMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** That a model cannot follow its changes: said once to every request that waits, and kept until it can again. */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private final ModelState state;
    private final Publisher publisher;
    private final LetheMetrics metrics;
    /** Newest change when the model could not follow: until another comes, trying again is pointless. */
    private long failedAt = -1;

    Failures(ModelState state, Publisher publisher, LetheMetrics metrics) {
        this.state = state;
        this.publisher = publisher;
        this.metrics = metrics;
    }

    /** Nothing can be published over the changes up to {@code newest}: every request that waits is told. */
    void fail(String code, String reason, long newest) {
        LOG.atError()
                .addKeyValue("model", state.spec().getModelId())
                .addKeyValue("code", code)
                .log("the model cannot follow: {}", reason);
        state.progress().setFailureCode(code);
        state.progress().setFailure(reason);
        state.save();
        failedAt = newest;
        metrics.failing(state.spec().getModelId(), true);
        publisher.fail(code, reason);
    }

    /** Whether the model could not follow the newest change. */
    boolean failed(long newest) {
        return state.progress().getFailureCode() != null && failedAt == newest;
    }

    /** A version is published: saved with it. */
    void over() {
        state.progress().setFailureCode(null);
        state.progress().setFailure(null);
        metrics.failing(state.spec().getModelId(), false);
    }
}
