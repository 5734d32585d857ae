package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import dev.lethe.streams.cli.Progress;
import dev.lethe.unlearn.network.ExactReplay;
import dev.lethe.unlearn.network.Network;
import dev.lethe.unlearn.network.NetworkException;
import dev.lethe.unlearn.network.TrainingListener;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Function;

/**
 * A training, and the replay of it without some rows, with their times.
 *
 * @param trained the network before
 * @param trainedSteps of the training, not counting those that kept checkpoints had done
 * @param usedAfter steps done before one of the rows was first used; all if none ever was
 * @param replayed the network without the rows
 * @param replayedFrom steps done at the checkpoint that the replay began at
 */
record ReplayRun(
        Network trained,
        long trainedSteps,
        double trainingSeconds,
        long usedAfter,
        Network replayed,
        long replayedFrom,
        double replaySeconds) {

    /**
     * Goes through both.
     *
     * @param before positions that the checkpoints do without. Not modified.
     * @param all positions to do without in the end, those included. Not modified.
     * @param forgotten is called when the checkpoints are without all of them
     */
    static ReplayRun of(ExactReplay replay, BitSet before, BitSet all, Runnable forgotten) {
        BitSet more = (BitSet) all.clone();
        more.andNot(before);
        long start = System.nanoTime();
        long left = replay.steps() - replay.reached();
        Network trained = watched("training steps", left, listener -> replay.train(before, listener));
        double training = seconds(start);
        start = System.nanoTime();
        replay.forget(more);
        forgotten.run();
        long from = replay.reached();
        Network replayed = watched("replay steps", replay.steps() - from, listener -> replay.train(all, listener));
        return new ReplayRun(trained, left, training, replay.stepsBefore(more), replayed, from, seconds(start));
    }

    /** Whether a training from the start without the rows gives the same bits. */
    boolean equalsReference(ExactReplay replay, BitSet all) {
        Network reference = watched("steps to verify", replay.steps(), listener -> replay.reference(all, listener));
        return Arrays.equals(reference.theta(), replayed.theta());
    }

    private static Network watched(String task, long steps, Function<TrainingListener, Network> run) {
        try (Progress progress = Progress.start(task, steps)) {
            return run.apply(new TrainingListener() {
                @Override
                public boolean step(long done, long total) {
                    progress.step();
                    return true;
                }
            });
        } catch (NetworkException e) {
            throw new LetheException(e.getMessage(), e);
        }
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
