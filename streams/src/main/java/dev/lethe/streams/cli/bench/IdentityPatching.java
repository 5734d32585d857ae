package dev.lethe.streams.cli.bench;

import dev.lethe.streams.topology.Patching;
import dev.lethe.unlearn.correction.Anchor;
import dev.lethe.unlearn.correction.Correction;
import dev.lethe.unlearn.correction.Verdict;
import dev.lethe.unlearn.objective.RowChange;
import java.util.List;

/** In the place of the maths: changes leave the parameters as they are, and every version repeats them. */
final class IdentityPatching implements Patching {
    private static final Verdict PUBLISH = new Verdict.Patched();

    @Override
    public void fold(Anchor anchor, List<RowChange> batch) {
        // Nothing follows from a change.
    }

    @Override
    public Correction correct(Anchor anchor) {
        return new Correction(anchor.theta(), 0, 0, PUBLISH);
    }
}
