package dev.lethe.streams.topology;

import dev.lethe.schemas.Change;
import dev.lethe.schemas.Cut;
import dev.lethe.schemas.InfluenceQuestion;
import dev.lethe.schemas.PromoteVersion;
import dev.lethe.schemas.ShardStatistics;
import java.time.Duration;

/** One model in its task. All on the stream thread. */
interface LiveModel extends AutoCloseable {
    /** Begins where the stored state ends. */
    void begin();

    void change(Change change);

    /** The end of a transaction. */
    void commit();

    void cut(Cut cut);

    void statistics(ShardStatistics statistics);

    /** Time has passed, or the worker is done with something. */
    void tick();

    /** A new factor is asked for, whatever the present one is like. */
    void refreshFactor();

    /** An operator chooses a champion. */
    void promote(PromoteVersion command);

    /** When its samples are scored. */
    ScoreKeeping scores();

    /** Somebody asks about the influence of single samples. */
    void ask(InfluenceQuestion question);

    /** How soon to look whether there is something to do without a record. */
    Duration nextTick();

    @Override
    void close();
}
