package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ModelSpec;
import dev.lethe.schemas.Pass;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.DenseFactor;
import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.SingularCurvatureException;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Objective;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model's passes, one at a time: asks the shards, gathers their sums, has the factor built on the worker. */
final class Passes {
    private static final Logger LOG = LoggerFactory.getLogger(Passes.class);
    private static final long TIMEOUT_MS = 60_000;

    /** What becomes of a pass. All called on the stream thread, with {@link #inFlight} already empty. */
    interface Listener {
        /** @param built installs what the pass was to build, a factor, a preconditioner or nothing, in an anchor */
        void answered(PassInFlight pass, Sums sums, Consumer<Anchor> built);

        /** The curvature has no inverse. */
        void singular(PassInFlight pass, Sums sums, String reason);

        void failed(String code, String reason);
    }

    private final ModelState state;
    private final Objective objective;
    private final int shards;
    private final ModelOutput output;
    private final Worker worker;
    private final Listener listener;
    private PassInFlight pass;
    /** The pass whose factor the worker builds. */
    private PassInFlight building;

    Passes(ModelState state, Objective objective, int shards, ModelOutput output, Worker worker, Listener listener) {
        this.state = state;
        this.objective = objective;
        this.shards = shards;
        this.output = output;
        this.worker = worker;
        this.listener = listener;
    }

    boolean inFlight() {
        return pass != null;
    }

    /** Whether the factor of a restored anchor is on its way. */
    boolean rebuilding() {
        return pass != null && pass.purpose() == Purpose.REBUILD;
    }

    /** Asks all shards; a pass under way is forgotten. */
    void issue(Question question) {
        ModelSpec spec = state.spec();
        long id = state.progress().getPassId() + 1;
        state.progress().setPassId(id);
        state.save();
        pass = new PassInFlight(id, question, shards, output.now());
        var wanted = question.wanted();
        output.pass(Pass.newBuilder()
                .setModelId(spec.getModelId())
                .setPassId(id)
                .setTheta(Doubles.toBuffer(question.theta()))
                .setCurvature(wanted.curvature())
                .setGram(wanted.gram())
                .setPreconditioner(wanted.preconditioner())
                .setDirection(wanted.direction() == null ? null : Doubles.toBuffer(wanted.direction()))
                .setReplyPartition(output.partition())
                .setExcept(question.except().isEmpty() ? null : question.except())
                .build());
    }

    void cancel() {
        pass = null;
    }

    void cut(Cut cut, long tailLast) {
        // The worker reads what is being built from.
        if (pass != null && pass != building) {
            pass.cut(cut, tailLast, output.now());
        }
    }

    void statistics(ShardStatistics statistics) {
        if (pass == null || pass == building) {
            return;
        }
        pass.statistics(statistics, output.now());
        if (pass.failure().isPresent()) {
            String failure = pass.failure().get();
            pass = null;
            listener.failed("PASS_FAILED", "a pass could not be answered: " + failure);
        } else if (pass.complete()) {
            gathered();
        }
    }

    void tick() {
        if (pass != null && pass != building && output.now() - pass.lastHeard() > TIMEOUT_MS) {
            LOG.atWarn().addKeyValue("model", state.spec().getModelId()).log("pass timed out, asked for again");
            issue(pass.question());
        }
    }

    private void gathered() {
        PassInFlight answered = pass;
        if (!answered.builds()) {
            pass = null;
            answered(answered, answered.merged(), anchor -> {});
            return;
        }
        building = answered;
        worker.submit(() -> {
            Runnable result = build(answered);
            return () -> {
                // Another pass may have taken its place meanwhile; its factor is then nobody's.
                if (pass == answered) {
                    pass = null;
                    result.run();
                }
            };
        });
    }

    private void answered(PassInFlight answered, Sums sums, Consumer<Anchor> built) {
        state.progress().setRowsRefused(sums.misfits());
        listener.answered(answered, sums, built);
    }

    /** On the worker. */
    private Runnable build(PassInFlight answered) {
        try {
            return build(answered, answered.merged());
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.atError()
                    .addKeyValue("model", state.spec().getModelId())
                    .setCause(e)
                    .log("factor could not be built");
            return () -> listener.failed("FACTOR_FAILED", e.toString());
        }
    }

    private Runnable build(PassInFlight answered, Sums sums) {
        try {
            if (answered.question().wanted().preconditioner()) {
                Preconditioner preconditioner = Preconditioner.build(objective, sums);
                return () -> answered(answered, sums, anchor -> anchor.install(preconditioner));
            }
            DenseFactor factor = DenseFactor.build(objective, sums);
            if (!objective.stronglyConvex()) {
                // An anchor will ask for it; here it is worked out off the stream thread.
                factor.smallestCurvature();
            }
            return () -> answered(answered, sums, anchor -> anchor.install(factor, answered.theta()));
        } catch (SingularCurvatureException e) {
            return () -> {
                state.progress().setRowsRefused(sums.misfits());
                listener.singular(answered, sums, e.getMessage());
            };
        }
    }
}
