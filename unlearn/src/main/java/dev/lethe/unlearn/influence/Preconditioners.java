package dev.lethe.unlearn.influence;

import dev.lethe.unlearn.curvature.Preconditioner;
import dev.lethe.unlearn.curvature.Sweep;

/** Makes the preconditioner of rows held in memory. */
final class Preconditioners {

    private Preconditioners() {}

    static Preconditioner of(EvaluatedRows rows) {
        Sweep.Wanted wanted = new Sweep.Wanted(false, false, true, null);
        try (Sweep sweep = new Sweep(rows.objective(), rows.theta(), wanted)) {
            rows.rows().forEach(sweep::add);
            return Preconditioner.build(rows.objective(), sweep.sums());
        }
    }
}
