package dev.lethe.unlearn.network;

/** Looks on while a network is trained. */
public interface TrainingListener {

    /** Nobody looks on. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * After a step.
     *
     * @return false to stop here: what comes back is a state to go on from
     */
    default boolean step(long done, long total) {
        return true;
    }

    /** After an epoch. @param epoch 1, 2, … */
    default void epoch(int epoch, Network network) {}

    /** Whether {@link #checkpoint} is wanted after so many steps. */
    default boolean wantsCheckpoint(long done) {
        return false;
    }

    default void checkpoint(TrainingState state) {}
}
