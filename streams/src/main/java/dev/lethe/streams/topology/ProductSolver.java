package dev.lethe.streams.topology;

import dev.lethe.schemas.Cut;
import dev.lethe.schemas.ShardStatistics;
import dev.lethe.streams.topology.PassInFlight.Purpose;
import dev.lethe.streams.topology.PassInFlight.Question;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.influence.DirectInverse;
import dev.lethe.unlearn.influence.InfluenceMethod;
import dev.lethe.unlearn.influence.InfluenceMethods;
import dev.lethe.unlearn.influence.InfluenceMethods.Options;
import dev.lethe.unlearn.influence.InfluenceSweep;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * H⁻¹∇ℓ by the methods that need products with the curvature only: the shards multiply, pass by pass, while the model is left
 * alone. One question at a time. A low-rank inverse is kept for as long as its version is the published one, so that of a
 * sample that is erased nothing is left here either.
 */
final class ProductSolver implements Passes.Listener, AutoCloseable {
    /** A hundred times what a solver goes on to where it can. */
    private static final double MAX_RESIDUAL = 100 * Options.DEFAULT.tolerance();

    private static final String SINGULAR =
            "group: without it the curvature is singular or nearly so, and no step can be"
                    + " made: ask without the group's curvature, or train without the group";

    /** What became of a question. */
    interface Listener {
        /** @param directions K·d × tests */
        void solved(double[] directions);

        /** Not at this time: the rows changed, or the model needed the passes. */
        void disturbed();

        void failed(String code, String reason);
    }

    /**
     * What is to be solved.
     *
     * @param factor P, packed, or null: it preconditions, where it is there
     * @param except samples whose curvature is not in H
     */
    record Task(
            InfluenceMethods method,
            long version,
            double[] theta,
            double[] factor,
            List<Row> tests,
            List<String> except) {}

    private record Solving(Task task, PassCurvature curvature, Listener listener) {}

    private final Objective objective;
    private final ModelState state;
    private final Passes passes;
    private final Worker worker;
    private final Map<InfluenceMethods, InfluenceMethod> kept = new EnumMap<>(InfluenceMethods.class);
    private long keptVersion;
    private Solving solving;
    /** What the solver said last; told only if nothing changed meanwhile. */
    private Consumer<Listener> end;

    ProductSolver(ModelState state, Objective objective, ModelOutput output, TopologySettings settings) {
        this.objective = objective;
        this.state = state;
        this.worker = new Worker("lethe-influence-" + state.spec().getModelId());
        this.passes = new Passes(state, objective, settings.shards(), output, worker, this);
    }

    boolean busy() {
        return solving != null;
    }

    void solve(Task task, Listener listener) {
        var curvature = new PassCurvature(objective, !task.except.isEmpty());
        solving = new Solving(task, curvature, listener);
        InfluenceMethod known = kept.get(task.method);
        worker.submit(() -> {
            try {
                return known == null ? solve(task, curvature) : solve(task, curvature, known);
            } catch (PassCurvature.Disturbed e) {
                return () -> end = Listener::disturbed;
            } catch (PassCurvature.Failed e) {
                return () -> end = listening -> listening.failed(e.code(), e.getMessage());
            } catch (IllegalArgumentException e) {
                return () -> end = listening -> listening.failed("BAD_METHOD", "method: " + e.getMessage());
            } catch (RuntimeException | OutOfMemoryError e) {
                return () -> end = listening -> listening.failed("PASS_FAILED", "method: " + e);
            }
        });
    }

    private Runnable solve(Task task, PassCurvature curvature) {
        var made = task.method.over(
                curvature,
                () -> task.factor == null ? curvature.preconditioner() : DirectInverse.ofPacked(objective, task.factor),
                Options.DEFAULT);
        if (InquiryRules.isLowRank(task.method)) {
            Runnable solved = solve(task, curvature, made);
            return () -> {
                keep(task, made);
                solved.run();
            };
        }
        try (made) {
            return solve(task, curvature, made);
        }
    }

    private Runnable solve(Task task, PassCurvature curvature, InfluenceMethod made) {
        double[] gradients = InfluenceSweep.directions(objective, task.theta, null, task.tests);
        double[] directions = made.solve(gradients, task.tests.size());
        if (!task.except.isEmpty() && curvature.residual(gradients, directions, task.tests.size()) > MAX_RESIDUAL) {
            throw new PassCurvature.Failed("SINGULAR", SINGULAR);
        }
        return () -> end = listening -> listening.solved(directions);
    }

    private void keep(Task task, InfluenceMethod made) {
        if (task.version == state.progress().getVersion()) {
            keptVersion = task.version;
            kept.put(task.method, made);
        }
    }

    void cut(Cut cut) {
        passes.cut(cut, 0);
    }

    void statistics(ShardStatistics statistics) {
        passes.statistics(statistics);
    }

    /** @param undisturbed whether the model is at rest and needs no pass */
    void tick(boolean undisturbed) {
        worker.drain();
        if (keptVersion != state.progress().getVersion()) {
            kept.clear();
        }
        if (solving == null) {
            return;
        }
        boolean same = undisturbed && solving.task.version == state.progress().getVersion();
        if (end != null) {
            finish(same ? end : Listener::disturbed);
        } else if (!same) {
            passes.cancel();
            solving.curvature.end(new PassCurvature.Disturbed());
        } else {
            goOn();
        }
    }

    private void finish(Consumer<Listener> told) {
        Listener listener = solving.listener;
        solving = null;
        end = null;
        told.accept(listener);
    }

    private void goOn() {
        passes.tick();
        Wanted wanted = solving.curvature.askedOrNull();
        if (wanted != null && !passes.inFlight()) {
            passes.issue(new Question(Purpose.INQUIRE, solving.task.theta, wanted, solving.task.except));
        }
    }

    @Override
    public void answered(PassInFlight pass, Sums sums, Consumer<Anchor> built) {
        if (solving != null) {
            solving.curvature.answer(sums);
        }
    }

    @Override
    public void singular(PassInFlight pass, Sums sums, String reason) {
        throw new IllegalStateException("a pass of an inquiry builds no factor");
    }

    @Override
    public void failed(String code, String reason) {
        if (solving != null) {
            solving.curvature.end(new PassCurvature.Failed(code, reason));
        }
    }

    @Override
    public void close() {
        if (solving != null) {
            solving.curvature.end(new PassCurvature.Disturbed());
        }
        worker.close();
    }
}
