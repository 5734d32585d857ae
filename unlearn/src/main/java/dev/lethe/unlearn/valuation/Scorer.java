package dev.lethe.unlearn.valuation;

import dev.lethe.unlearn.objective.Row;
import dev.lethe.unlearn.valuation.RowScorer.Scored;
import java.util.List;

/** Scores rows at one θ, some at a time. Not thread-safe. */
public interface Scorer extends AutoCloseable {

    /** Scores some rows in one block, in their order. @param rows at least one. Not modified. */
    List<Scored> score(List<Row> rows);

    @Override
    void close();
}
