package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.influence.InfluenceSweep.Answer;
import dev.lethe.unlearn.objective.Row;

/** Influences of one part of the training rows, in one sweep that keeps only the largest. Not thread-safe. */
public interface RowSweep extends AutoCloseable {

    /** Adds a row. @param row kept until its block is done. Not modified. */
    void add(String id, Row row);

    /** Of the rows so far. */
    Answer answer();

    @Override
    void close();
}
