package dev.lethe.unlearn.network;

import dev.lethe.unlearn.objective.Row;
import java.util.BitSet;
import java.util.List;

/**
 * Exact forgetting by training order: a training leaves checkpoints; to forget rows, it goes on without them from the last
 * one that none of them had a part in. What comes out is, bit for bit, what training without them gives.
 *
 * <p>All checkpoints are at all times those of one training: that without the rows forgotten so far. Whoever keeps them
 * longer than this object keeps with them which rows these are, written after {@link #forget} and before the next
 * {@link #train}: an end at any point leaves checkpoints from which the next training goes on.
 */
public final class ExactReplay {

    private final Architecture architecture;
    private final NetworkLoss loss;
    private final TrainingPlan plan;
    private final List<Row> rows;
    private final TrainingCheckpoints checkpoints;
    private final long every;

    /**
     * @param rows by position. Not modified, not copied.
     * @param checkpoints of trainings of the same network, plan and rows. Modified.
     * @param every steps between two of them, at least 1; the end has one as well
     */
    public ExactReplay(
            Architecture architecture,
            NetworkLoss loss,
            TrainingPlan plan,
            List<Row> rows,
            TrainingCheckpoints checkpoints,
            long every) {
        this.architecture = architecture;
        this.loss = loss;
        this.plan = plan;
        this.rows = rows;
        this.checkpoints = checkpoints;
        this.every = every;
    }

    /** Steps in all. */
    public long steps() {
        return plan.epochs() * plan.stepsPerEpoch(rows.size());
    }

    /** Steps done before any of these positions is first used; {@link #steps} if none ever is. */
    public long stepsBefore(BitSet positions) {
        return plan.stepsBefore(positions, rows.size());
    }

    /** Deletes the checkpoints that these positions had a part in. */
    public void forget(BitSet positions) {
        checkpoints.deleteAfter(stepsBefore(positions));
    }

    /** Steps done at the last checkpoint: where {@link #train} goes on. */
    public long reached() {
        return checkpoints.last(steps()).map(TrainingState::step).orElse(0L);
    }

    /**
     * Trains from the last checkpoint to the end, leaving checkpoints.
     *
     * @param forgotten all positions to do without, those that the checkpoints do without included
     * @param listener is told the steps
     * @throws NetworkException if a gradient is not finite, naming the layer
     */
    public Network train(BitSet forgotten, TrainingListener listener) {
        Trainer trainer = trainer(forgotten);
        TrainingState from = checkpoints.last(steps()).orElseGet(trainer::start);
        return trainer.network(trainer.run(from, new Keeping(listener)));
    }

    /** Trains from the start, without checkpoints: what {@link #train} has to be equal to. */
    public Network reference(BitSet forgotten, TrainingListener listener) {
        return trainer(forgotten).train(listener);
    }

    private Trainer trainer(BitSet forgotten) {
        return new Trainer(architecture, loss, plan, rows, forgotten);
    }

    /** Saves every so many steps, and at the end. */
    private final class Keeping implements TrainingListener {
        private final TrainingListener listener;

        Keeping(TrainingListener listener) {
            this.listener = listener;
        }

        @Override
        public boolean step(long done, long total) {
            return listener.step(done, total);
        }

        @Override
        public boolean wantsCheckpoint(long done) {
            return done % every == 0 || done == steps();
        }

        @Override
        public void checkpoint(TrainingState state) {
            checkpoints.save(state);
        }
    }
}
