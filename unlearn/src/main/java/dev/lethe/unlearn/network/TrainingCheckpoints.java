package dev.lethe.unlearn.network;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** States of one training, by the number of steps done. */
public interface TrainingCheckpoints {

    /** Keeps a state; one of the same step is replaced. */
    void save(TrainingState state);

    /** The last one with at most so many steps done. */
    Optional<TrainingState> last(long steps);

    /** Deletes those with more steps done. */
    void deleteAfter(long steps);

    /** In memory: three values for each parameter and state. */
    static TrainingCheckpoints inMemory() {
        TreeMap<Long, TrainingState> states = new TreeMap<>();
        return new TrainingCheckpoints() {
            @Override
            public void save(TrainingState state) {
                states.put(state.step(), state);
            }

            @Override
            public Optional<TrainingState> last(long steps) {
                return Optional.ofNullable(states.floorEntry(steps)).map(Map.Entry::getValue);
            }

            @Override
            public void deleteAfter(long steps) {
                states.tailMap(steps, false).clear();
            }
        };
    }
}
