package dev.lethe.streams.cli.replay;

import dev.lethe.schemas.Rectification;
import dev.lethe.schemas.Relabelling;
import dev.lethe.schemas.SettleUntil;
import dev.lethe.unlearn.format.RawSample;
import java.util.List;

/** One line of an event file. */
public sealed interface Event {

    /** Where it stands, from 1. */
    long line();

    /** Delete samples by id, or all samples of subjects. */
    record Delete(long line, String requestId, List<String> samples, List<String> subjects) implements Event {}

    /** Correct labels. */
    record Relabel(long line, String requestId, List<Relabelling> samples) implements Event {}

    /** Correct features. */
    record Rectify(long line, String requestId, List<Rectification> samples) implements Event {}

    /** Add a sample, or replace one of the same id. */
    record Put(long line, RawSample sample) implements Event {}

    /** Wait until everything above is applied, or settled. */
    record Await(long line, SettleUntil until) implements Event {}

    /** Write the version that holds everything above. */
    record Export(long line, String name) implements Event {}

    /**
     * A line that is no event. The run goes on.
     *
     * @param reasonCode one of the constants of {@link EventFile}
     * @param reason for people: what was expected and what was got; no feature value, no subject
     */
    record BadLine(long line, String reasonCode, String reason) implements Event {}
}
