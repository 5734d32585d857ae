package dev.lethe.streams.topology;

import dev.lethe.schemas.ModelSpec;
import dev.lethe.streams.config.Specs;
import dev.lethe.unlearn.curvature.Sums;
import dev.lethe.unlearn.objective.Family;
import dev.lethe.unlearn.objective.Objective;
import dev.lethe.unlearn.objective.Row;

/** The labels of a model's rows, as their senders wrote them. */
final class RowLabels {
    private final ModelSpec spec;
    private final Objective objective;

    RowLabels(ModelSpec spec) {
        this.spec = spec;
        this.objective = Specs.objective(spec);
    }

    /** The class of a row; null for ridge, whose target may be as personal as a feature. */
    String of(Row row) {
        return objective.family() == Family.RIDGE ? null : name(Sums.classOf(objective, row));
    }

    /** The name of a class; null for −1. */
    String name(int index) {
        return index < 0 ? null : spec.getClasses().get(index);
    }
}
