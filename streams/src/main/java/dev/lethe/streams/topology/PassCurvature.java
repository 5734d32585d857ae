package dev.lethe.streams.topology;

import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.curvature.Sweep.Wanted;
import dev.lethe.unlearn.influence.Curvature;
import dev.lethe.unlearn.objective.Objective;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * H·V by passes over the shards. A solver on a thread of its own asks and waits; the stream thread sees what is asked, has it
 * answered, or ends it.
 */
final class PassCurvature implements Curvature {
    private final Objective objective;
    private final boolean rest;
    private volatile Asked asked;
    private volatile RuntimeException end;

    private record Asked(Wanted wanted, CompletableFuture<Sums> answer) {}

    /** The rows changed, or something that matters more needs the passes. */
    static final class Disturbed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Disturbed() {
            super("the passes were needed for the model", null, false, false);
        }
    }

    /** A pass could not be answered. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String code;

        Failed(String code, String reason) {
            super(reason, null, false, false);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    /** @param rest whether some samples are left out */
    PassCurvature(Objective objective, boolean rest) {
        this.objective = objective;
        this.rest = rest;
    }

    @Override
    public Objective objective() {
        return objective;
    }

    /** In groups of columns that fit in a record. */
    @Override
    public double[] data(double[] v, int count) {
        int length = objective.parameters();
        // Beside them travel the parameters, and a shard stores imported ones with the pass.
        int group = Math.max(1, ModelRules.MAX_VALUES / length - 2);
        double[] out = new double[v.length];
        for (int at = 0; at < count; at += group) {
            int from = at * length;
            int to = Math.min(count, at + group) * length;
            double[] product = ask(new Wanted(false, false, false, Arrays.copyOfRange(v, from, to)))
                    .product();
            System.arraycopy(product, 0, out, from, to - from);
        }
        return out;
    }

    /** One from a pass. The caller closes it. */
    Preconditioner preconditioner() {
        return Preconditioner.build(objective, ask(new Wanted(false, false, true, null)));
    }

    private Sums ask(Wanted wanted) {
        Sums sums = await(wanted);
        if (rest && sums.rows() == 0) {
            throw new Failed("NOTHING_LEFT", "group: without it the model has no sample left");
        }
        return sums;
    }

    private Sums await(Wanted wanted) {
        Asked mine = new Asked(wanted, new CompletableFuture<>());
        asked = mine;
        if (end != null) {
            throw end;
        }
        try {
            return mine.answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Disturbed();
        } catch (ExecutionException e) {
            throw end;
        }
    }

    /** What is asked and not answered, or null. */
    Wanted askedOrNull() {
        Asked now = asked;
        return now == null || now.answer.isDone() ? null : now.wanted;
    }

    void answer(Sums sums) {
        Asked now = asked;
        if (now != null) {
            now.answer.complete(sums);
        }
    }

    /** Ends the solver that waits, or will. @param why {@link Disturbed} or {@link Failed} */
    void end(RuntimeException why) {
        end = why;
        Asked now = asked;
        if (now != null) {
            now.answer.completeExceptionally(why);
        }
    }
}
